package bench;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * Windows as objects on the heap, serialised only when Streams commits: flushCache() is called before each commit, so under
 * exactly-once the changelog holds them in the same transaction as the offsets. Leans on an internal interface: the public
 * stores cache bytes, and would read and write 15 kB for each event.
 */
final class HeapStore implements StateStore, CachedStateStore<byte[], byte[]> {
  private final KeyValueStore<String, byte[]> inner;
  private final Map<String, WindowState> heap = new HashMap<>();
  private final Set<String> dirty = new HashSet<>();

  private HeapStore(KeyValueStore<String, byte[]> inner) {
    this.inner = inner;
  }

  static StoreBuilder<HeapStore> builder(String name) {
    var bytes = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray());
    return new StoreBuilder<>() {
      @Override public StoreBuilder<HeapStore> withCachingEnabled() { return this; }
      @Override public StoreBuilder<HeapStore> withCachingDisabled() { return this; }
      @Override public StoreBuilder<HeapStore> withLoggingEnabled(Map<String, String> config) { bytes.withLoggingEnabled(config); return this; }
      @Override public StoreBuilder<HeapStore> withLoggingDisabled() { bytes.withLoggingDisabled(); return this; }
      @Override public HeapStore build() { return new HeapStore(bytes.build()); }
      @Override public Map<String, String> logConfig() { return bytes.logConfig(); }
      @Override public boolean loggingEnabled() { return bytes.loggingEnabled(); }
      @Override public String name() { return name; }
    };
  }

  /** To be changed in place. */
  WindowState touch(String key) {
    WindowState state = heap.get(key);
    if (state == null) {
      byte[] stored = inner.get(key);
      heap.put(key, state = stored == null ? new WindowState() : WindowState.fromBytes(stored));
    }
    dirty.add(key);
    return state;
  }

  void delete(String key) {
    heap.remove(key);
    dirty.remove(key);
    inner.delete(key);
  }

  /** Restored ones included. */
  List<String> keys() {
    Set<String> all = new TreeSet<>(heap.keySet());
    try (KeyValueIterator<String, byte[]> stored = inner.all()) {
      stored.forEachRemaining(entry -> all.add(entry.key));
    }
    return List.copyOf(all);
  }

  @Override public void flushCache() {
    for (String key : dirty) inner.put(key, heap.get(key).toBytes());
    dirty.clear();
  }

  @Override public void clearCache() { heap.clear(); dirty.clear(); }
  @Override public boolean setFlushListener(CacheFlushListener<byte[], byte[]> listener, boolean sendOldValues) { return false; }
  @Override public String name() { return inner.name(); }
  @Override public void init(StateStoreContext context, StateStore root) { inner.init(context, root); }
  @Override public void flush() { flushCache(); inner.flush(); }
  @Override public void close() { inner.close(); }
  @Override public boolean persistent() { return inner.persistent(); }
  @Override public boolean isOpen() { return inner.isOpen(); }
}
