package bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Runs the expert form over a whole topic, exactly-once, one thread, several passes in this JVM (the first ones warm it up), and
 * prints one line of JSON a pass. Arguments: BROKER REGISTRY TOPIC STATE_DIR PASSES
 */
public final class Main {
  /** Left out of what is measured, as in the other runs. */
  private static final long WARM_EVENTS = 100_000;

  private record Sample(long events, long nanos, double cpuSeconds) {
    static Sample now() {
      var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      return new Sample(Expert.FOLDED.sum(), System.nanoTime(), os.getProcessCpuTime() / 1e9);
    }
  }

  public static void main(String[] args) throws Exception {
    for (int pass = 1; pass <= Integer.parseInt(args[4]); pass++) run(args[0], args[1].replaceAll("/$", ""), args[2], args[3], pass);
    System.exit(0);
  }

  private static void run(String broker, String registry, String topic, String stateDir, int pass) throws Exception {
    String application = "bench-streams-" + Long.toString(System.currentTimeMillis(), 36);
    String out = application + "-out";
    Expert.FOLDED.reset();
    Expert.LATE.reset();
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
    config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    config.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, 0L);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
      admin.createTopics(List.of(new NewTopic(out, Expert.PARTITIONS, (short) 1))).all().get();
      long total = end(admin, topic);
      KafkaStreams streams = new KafkaStreams(Expert.topology(topic, registry, out), config);
      streams.setUncaughtExceptionHandler(e -> {
        e.printStackTrace();
        Runtime.getRuntime().halt(1);
        return null;
      });
      streams.start();
      Sample first = reach(Math.min(WARM_EVENTS, total / 10));
      Sample last = reach(total);
      // closing commits what is left, and publishes the windows that closed last: not measured, which favours Streams
      streams.close(Duration.ofSeconds(20));
      long results = end(admin, out);
      print(pass, first, last, results);
      admin.deleteTopics(admin.listTopics().names().get().stream().filter(name -> name.startsWith(application)).toList()).all().get();
    }
    try (Stream<Path> files = Files.walk(Path.of(stateDir, application))) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  private static Sample reach(long events) throws InterruptedException {
    long deadline = System.nanoTime() + 300_000_000_000L;
    while (Expert.FOLDED.sum() + Expert.LATE.sum() < events) {
      if (System.nanoTime() > deadline) throw new IllegalStateException("stalled at " + Expert.FOLDED.sum() + " of " + events);
      Thread.sleep(5);
    }
    return Sample.now();
  }

  private static void print(int pass, Sample first, Sample last, long results) {
    long events = last.events - first.events;
    double seconds = (last.nanos - first.nanos) / 1e9, cpuSeconds = last.cpuSeconds - first.cpuSeconds;
    System.out.printf("{\"pass\":%d,\"events\":%d,\"late\":%d,\"perSecond\":%.0f,\"perCpuSecond\":%.0f,\"windows\":%d}%n",
        pass, last.events, Expert.LATE.sum(), events / seconds, events / cpuSeconds, results);
  }

  /** Events in a topic that nothing was deleted from; with transactions, their markers too. */
  private static long end(Admin admin, String topic) throws Exception {
    Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
    for (var p : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()) {
      partitions.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest());
    }
    return admin.listOffsets(partitions).all().get().values().stream().mapToLong(info -> info.offset()).sum();
  }
}
