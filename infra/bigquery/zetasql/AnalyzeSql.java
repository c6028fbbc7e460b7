import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.gson.Gson;
import com.google.zetasql.Analyzer;
import com.google.zetasql.AnalyzerOptions;
import com.google.zetasql.SimpleCatalog;
import com.google.zetasql.SimpleColumn;
import com.google.zetasql.SimpleTable;
import com.google.zetasql.StructType;
import com.google.zetasql.Type;
import com.google.zetasql.TypeFactory;
import com.google.zetasql.ZetaSQLOptions.ParameterMode;
import com.google.zetasql.ZetaSQLType.TypeKind;
import com.google.zetasql.resolvedast.ResolvedColumn;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedColumnRef;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedDeleteStmt;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedExpr;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedFilterScan;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedInsertStmt;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedQueryStmt;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedStatement;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedTableScan;
import com.google.zetasql.resolvedast.ResolvedNodes.Visitor;
import com.google.zetasql.toolkit.catalog.bigquery.BigQueryCatalog;
import com.google.zetasql.toolkit.options.BigQueryLanguageOptions;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Analyses BigQuery's SQL as BigQuery does. Reads {tables, texts} as JSON from standard input; a text whose source is
 * views/NAME.sql becomes the table NAME for the texts after it. Writes one finding a text, as JSON, in their order.
 */
final class AnalyzeSql {
  static final class Column {
    String name;
    String type;
    /** REPEATED, or anything else for one value. */
    String mode;
    /** Of a RECORD. */
    List<Column> fields;
  }

  static final class Table {
    String name;
    String partition;
    List<Column> columns;
  }

  static final class Text {
    String source;
    String sql;
  }

  static final class Input {
    String dataset;
    /** Types of the named parameters; another takes the type that its place asks for. */
    Map<String, String> parameters;
    List<Table> tables;
    List<Text> texts;
  }

  static final class Finding {
    String source;
    /** What the analyzer says where it refuses the text. */
    String error;
    /** Of a query; none for DML. */
    List<Column> columns = new ArrayList<>();
    /** Tables that it reads without a filter on their partition. */
    List<String> unfiltered = new ArrayList<>();
  }

  private static final String PROJECT = "project";

  /** BigQuery's functions and types. */
  private final SimpleCatalog catalog =
      BigQueryCatalog.usingBigQueryAPI(
              PROJECT,
              BigQueryOptions.newBuilder()
                  .setProjectId(PROJECT)
                  .setCredentials(NoCredentials.getInstance())
                  .build()
                  .getService())
          .getZetaSQLCatalog();
  private final SimpleCatalog dataset;
  private final AnalyzerOptions options = new AnalyzerOptions();
  private final Map<String, String> partitions = new HashMap<>();

  private AnalyzeSql(Input input) {
    dataset = catalog.addNewSimpleCatalog(input.dataset);
    options.setLanguageOptions(BigQueryLanguageOptions.get());
    options.setParameterMode(ParameterMode.PARAMETER_NAMED);
    options.setAllowUndeclaredParameters(true);
    options.setPruneUnusedColumns(true);
    options.setDefaultTimezone("UTC");
    input.parameters.forEach((name, type) -> options.addQueryParameter(name, typeOf(type)));
    for (Table table : input.tables) {
      register(table.name, table.columns);
      partitions.put(table.name, table.partition);
    }
  }

  public static void main(String[] args) {
    Gson gson = new Gson();
    Input input =
        gson.fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Input.class);
    AnalyzeSql analysis = new AnalyzeSql(input);
    List<Finding> findings = new ArrayList<>();
    for (Text text : input.texts) findings.add(analysis.analyze(text));
    System.out.println(gson.toJson(findings));
  }

  private Finding analyze(Text text) {
    Finding finding = new Finding();
    finding.source = text.source;
    try {
      ResolvedStatement statement = Analyzer.analyzeStatement(text.sql, options, catalog);
      finding.unfiltered = unfilteredTables(statement);
      if (statement instanceof ResolvedQueryStmt) {
        ResolvedQueryStmt query = (ResolvedQueryStmt) statement;
        finding.columns = columnsOf(query);
        if (text.source.startsWith("views/")) registerView(viewName(text.source), query);
      }
    } catch (RuntimeException error) {
      finding.error = String.valueOf(error.getMessage());
    }
    return finding;
  }

  private static String viewName(String source) {
    return source.substring("views/".length(), source.length() - ".sql".length());
  }

  private void register(String name, List<Column> columns) {
    List<SimpleColumn> simple = new ArrayList<>();
    for (Column column : columns) {
      simple.add(new SimpleColumn(name, column.name, typeOf(column)));
    }
    dataset.addSimpleTable(new SimpleTable(name, simple));
  }

  private void registerView(String name, ResolvedQueryStmt query) {
    List<SimpleColumn> simple = new ArrayList<>();
    query
        .getOutputColumnList()
        .forEach(
            output ->
                simple.add(
                    new SimpleColumn(name, output.getName(), output.getColumn().getType())));
    dataset.addSimpleTable(new SimpleTable(name, simple));
  }

  private static Type typeOf(Column column) {
    Type one = column.type.equals("RECORD") ? structOf(column.fields) : typeOf(column.type);
    return "REPEATED".equals(column.mode) ? TypeFactory.createArrayType(one) : one;
  }

  private static Type structOf(List<Column> fields) {
    List<StructType.StructField> types = new ArrayList<>();
    for (Column field : fields) types.add(new StructType.StructField(field.name, typeOf(field)));
    return TypeFactory.createStructType(types);
  }

  private static Type typeOf(String name) {
    return TypeFactory.createSimpleType(TypeKind.valueOf("TYPE_" + kindOf(name)));
  }

  private static String kindOf(String name) {
    return name.equals("FLOAT64") ? "DOUBLE" : name;
  }

  /** As a schema file has it; the kind of a repeated column is that of its elements. */
  private static String nameOf(Type type) {
    if (type.isArray()) return nameOf(type.asArray().getElementType());
    if (type.isStruct()) return "RECORD";
    String name = type.getKind().name().substring("TYPE_".length());
    return name.equals("DOUBLE") ? "FLOAT64" : name;
  }

  private static List<Column> columnsOf(ResolvedQueryStmt statement) {
    List<Column> columns = new ArrayList<>();
    statement
        .getOutputColumnList()
        .forEach(
            output -> {
              Column column = new Column();
              column.name = output.getName();
              column.type = nameOf(output.getColumn().getType());
              columns.add(column);
            });
    return columns;
  }

  /** Only a filter right above the scan lets BigQuery leave partitions out. */
  private List<String> unfilteredTables(ResolvedStatement statement) {
    Map<ResolvedTableScan, Set<Long>> filters = new HashMap<>();
    List<ResolvedTableScan> scans = new ArrayList<>();
    statement.accept(
        new Visitor() {
          @Override
          public void visit(ResolvedTableScan scan) {
            scans.add(scan);
            super.visit(scan);
          }

          @Override
          public void visit(ResolvedFilterScan scan) {
            if (scan.getInputScan() instanceof ResolvedTableScan) {
              filters.put((ResolvedTableScan) scan.getInputScan(), columnIds(scan.getFilterExpr()));
            }
            super.visit(scan);
          }

          /** Writing needs no filter. */
          @Override
          public void visit(ResolvedInsertStmt insert) {
            super.visit(insert);
            scans.remove(insert.getTableScan());
          }

          @Override
          public void visit(ResolvedDeleteStmt delete) {
            filters.put(delete.getTableScan(), columnIds(delete.getWhereExpr()));
            super.visit(delete);
          }
        });
    List<String> unfiltered = new ArrayList<>();
    for (ResolvedTableScan scan : scans) {
      String table = scan.getTable().getName();
      String partition = partitions.get(table);
      if (partition == null) continue;
      Set<Long> filtered = filters.getOrDefault(scan, Set.of());
      if (!readsPartition(scan, partition, filtered)) unfiltered.add(table);
    }
    return unfiltered;
  }

  private static boolean readsPartition(
      ResolvedTableScan scan, String partition, Set<Long> filtered) {
    for (ResolvedColumn column : scan.getColumnList()) {
      if (column.getName().equals(partition) && filtered.contains(column.getId())) return true;
    }
    return false;
  }

  private static Set<Long> columnIds(ResolvedExpr expression) {
    Set<Long> ids = new HashSet<>();
    expression.accept(
        new Visitor() {
          @Override
          public void visit(ResolvedColumnRef reference) {
            ids.add(reference.getColumn().getId());
          }
        });
    return ids;
  }
}
