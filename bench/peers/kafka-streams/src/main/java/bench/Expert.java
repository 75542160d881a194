package bench;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;

/**
 * What an expert would write: windows per source partition without a repartition of the events, kept as objects until commit;
 * only closed partial windows (8 a minute) go on to be merged.
 */
final class Expert {
  static final long WINDOW_MS = 60_000, GRACE_MS = 10_000;
  static final int PARTITIONS = 4;
  /** Over the whole process. */
  static final LongAdder FOLDED = new LongAdder(), LATE = new LongAdder();

  static Topology topology(String topic, String registry, String out) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(HeapStore.builder("partial"));
    builder.stream(topic, Consumed.with(Serdes.ByteArray(), events(registry)).withTimestampExtractor((record, time) -> ((Event) record.value()).timestamp))
        .process(Partial::new, "partial")
        .repartition(Repartitioned.with(Serdes.String(), Serdes.ByteArray()).withName("partials").withNumberOfPartitions(PARTITIONS))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
        .aggregate(WindowState::new, (key, bytes, state) -> state.merge(WindowState.fromBytes(bytes)),
            Materialized.<String, WindowState>as(Stores.persistentKeyValueStore("merged"))
                .withKeySerde(Serdes.String()).withValueSerde(states()).withCachingEnabled())
        .toStream().filter((key, state) -> state.parts == PARTITIONS)
        .mapValues((key, state) -> state.result(key))
        .to(out, Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  private static Serde<Event> events(String registry) {
    return new Serde<>() {
      @Override public Serializer<Event> serializer() { return null; }
      @Override public Deserializer<Event> deserializer() { return new AvroEvents(registry); }
    };
  }

  private static Serde<WindowState> states() {
    return Serdes.serdeFrom((topic, state) -> state == null ? null : state.toBytes(), (topic, bytes) -> bytes == null ? null : WindowState.fromBytes(bytes));
  }

  private static final class Partial extends ContextualProcessor<byte[], Event, String, byte[]> {
    /** Window start to series to key in the store. */
    private final TreeMap<Long, Map<String, String>> open = new TreeMap<>();
    private HeapStore store;
    private long streamTime = Long.MIN_VALUE;

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
      super.init(context);
      store = context.getStateStore("partial");
      for (String key : store.keys()) {
        int at = key.lastIndexOf('@');
        open.computeIfAbsent(Long.parseLong(key.substring(at + 1)), start -> new HashMap<>()).put(key.substring(0, at), key);
      }
    }

    @Override
    public void process(Record<byte[], Event> record) {
      Event event = record.value();
      long start = event.timestamp - event.timestamp % WINDOW_MS;
      streamTime = Math.max(streamTime, event.timestamp);
      if (start + WINDOW_MS + GRACE_MS <= streamTime) {
        LATE.increment();
        return;
      }
      String key = open.computeIfAbsent(start, s -> new HashMap<>()).computeIfAbsent(event.series, series -> series + "@" + start);
      store.touch(key).add(event);
      FOLDED.increment();
      while (open.firstKey() + WINDOW_MS + GRACE_MS <= streamTime) {
        for (String closed : open.pollFirstEntry().getValue().values()) {
          context().forward(new Record<>(closed, store.touch(closed).toBytes(), streamTime));
          store.delete(closed);
        }
      }
    }
  }
}
