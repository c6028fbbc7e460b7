import com.google.gson.Gson;
import com.google.zetasql.AnalyzerOptions;
import com.google.zetasql.PreparedExpression;
import com.google.zetasql.toolkit.options.BigQueryLanguageOptions;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Computes expressions as BigQuery does, by the reference implementation of its SQL. Reads expressions as a JSON list from
 * standard input; writes what TO_JSON_STRING makes of each value, and null where it fails.
 */
final class EvaluateSql {
  public static void main(String[] args) {
    var options = new AnalyzerOptions();
    options.setLanguageOptions(BigQueryLanguageOptions.get());
    options.setDefaultTimezone("UTC");
    var input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
    var expressions = new Gson().fromJson(input, String[].class);
    var values = Arrays.stream(expressions).map(each -> evaluate(each, options)).toArray();
    System.out.println(new Gson().toJson(values));
    System.exit(0);
  }

  private static String evaluate(String expression, AnalyzerOptions options) {
    try (var prepared = new PreparedExpression("TO_JSON_STRING(" + expression + ")")) {
      prepared.prepare(options);
      return prepared.execute().getStringValue();
    } catch (RuntimeException failed) {
      return null;
    }
  }
}
