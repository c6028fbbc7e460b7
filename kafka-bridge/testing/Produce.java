import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends a picture by Kafka's own client, COUNT times by each producer over SECONDS, all producers at once, and prints where
 * each record lies, one JSON line each: java -cp 'LIBS/*' Produce.java BROKERS TOPIC PICTURE COUNT SECONDS PRODUCER...
 * A PRODUCER is a codec, behind "commit:" or "abort:" one whose transactions of ten records all end so. Behind the picture's
 * bytes stands "PRODUCER/INDEX", so that no two values are the same; every twentieth value is that text alone.
 */
public class Produce {
  private static final int GROUP = 10;
  private static final int NO_PICTURE_EVERY = 20;

  private final String brokers;
  private final String topic;
  private final byte[] picture;
  private final int count;
  private final int seconds;

  private Produce(String[] args) throws Exception {
    brokers = args[0];
    topic = args[1];
    picture = Files.readAllBytes(Path.of(args[2]));
    count = Integer.parseInt(args[3]);
    seconds = Integer.parseInt(args[4]);
  }

  public static void main(String[] args) throws Exception {
    Produce produce = new Produce(args);
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Callable<Void>> producers = new ArrayList<>();
    for (String name : List.of(args).subList(5, args.length)) {
      producers.add(() -> produce.run(name));
    }
    for (Future<Void> each : threads.invokeAll(producers)) each.get();
    threads.shutdown();
  }

  private Void run(String name) throws Exception {
    String codec = name.substring(name.indexOf(':') + 1);
    boolean isTransactional = !codec.equals(name);
    Map<String, Object> config = new HashMap<>(Map.of(
        "bootstrap.servers", brokers,
        "compression.type", codec,
        // The records of a partition go in one batch; a dead broker is waited for.
        "batch.size", 1 << 20,
        "linger.ms", 50,
        "max.block.ms", 120_000,
        "key.serializer", ByteArraySerializer.class,
        "value.serializer", ByteArraySerializer.class));
    if (isTransactional) config.put("transactional.id", name + UUID.randomUUID());
    long startedMs = System.currentTimeMillis();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
      if (isTransactional) producer.initTransactions();
      for (int from = 0; from < count; from += GROUP) {
        int to = Math.min(count, from + GROUP);
        if (isTransactional) sendTransaction(producer, name, from, to);
        else print(name, from, true, send(producer, name, from, to));
        long dueMs = startedMs + 1000L * seconds * to / count;
        Thread.sleep(Math.max(0, dueMs - System.currentTimeMillis()));
      }
    }
    return null;
  }

  private void sendTransaction(
      KafkaProducer<byte[], byte[]> producer, String name, int from, int to) throws Exception {
    boolean isCommitted = name.startsWith("commit:");
    while (true) {
      producer.beginTransaction();
      try {
        List<RecordMetadata> places = send(producer, name, from, to);
        if (isCommitted) producer.commitTransaction();
        else producer.abortTransaction();
        print(name, from, isCommitted, places);
        return;
      } catch (KafkaException failure) {
        System.err.printf("again: %s/%d: %s%n", name, from, failure);
        producer.abortTransaction();
      }
    }
  }

  private List<RecordMetadata> send(
      KafkaProducer<byte[], byte[]> producer, String name, int from, int to) throws Exception {
    int partitions = producer.partitionsFor(topic).size();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (int index = from; index < to; index++) {
      byte[] text = bytes(name + "/" + index);
      byte[] value = index % NO_PICTURE_EVERY == NO_PICTURE_EVERY - 1 ? text : join(picture, text);
      ProducerRecord<byte[], byte[]> record =
          new ProducerRecord<>(topic, index % partitions, text, value);
      record.headers().add("content-type", bytes("image/png")).add("subject", bytes("ada"));
      sent.add(producer.send(record));
    }
    producer.flush();
    List<RecordMetadata> places = new ArrayList<>();
    for (Future<RecordMetadata> each : sent) places.add(each.get());
    return places;
  }

  private static synchronized void print(
      String name, int from, boolean isCommitted, List<RecordMetadata> places) {
    int index = from;
    for (RecordMetadata place : places) {
      System.out.printf(
          "{\"text\":\"%s/%d\",\"isCommitted\":%b,\"partition\":%d,\"offset\":\"%d\",\"timestampMs\":%d}%n",
          name, index++, isCommitted, place.partition(), place.offset(), place.timestamp());
    }
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] joined = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
