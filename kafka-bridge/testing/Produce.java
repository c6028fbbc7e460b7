import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends one picture by Kafka's own client, several times with each codec, and prints where each record lies, one JSON line
 * each: java -cp 'LIBS/*' Produce.java BROKERS TOPIC PICTURE COUNT CODEC...
 */
public class Produce {
  public static void main(String[] args) throws Exception {
    byte[] picture = Files.readAllBytes(Path.of(args[2]));
    int count = Integer.parseInt(args[3]);
    for (String codec : List.of(args).subList(4, args.length)) {
      Map<String, Object> config = Map.of(
          "bootstrap.servers", args[0],
          "compression.type", codec,
          // The records of a partition go in one batch.
          "linger.ms", 200,
          "batch.size", 1 << 20,
          "key.serializer", ByteArraySerializer.class,
          "value.serializer", ByteArraySerializer.class);
      try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
        int partitions = producer.partitionsFor(args[1]).size();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int index = 0; index < count; index++) {
          ProducerRecord<byte[], byte[]> record =
              new ProducerRecord<>(args[1], index % partitions, bytes(codec + index), picture);
          record.headers().add("content-type", bytes("image/png")).add("subject", bytes("ada"));
          sent.add(producer.send(record));
        }
        for (Future<RecordMetadata> each : sent) {
          RecordMetadata place = each.get();
          System.out.printf(
              "{\"codec\":\"%s\",\"partition\":%d,\"offset\":\"%d\",\"timestampMs\":%d}%n",
              codec, place.partition(), place.offset(), place.timestamp());
        }
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
