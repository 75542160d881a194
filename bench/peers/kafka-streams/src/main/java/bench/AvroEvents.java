package bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.serialization.Deserializer;

/** Confluent's wire format to events, through Avro's GenericDatumReader with its fast reader; decoder and readers are reused. */
final class AvroEvents implements Deserializer<Event> {
  private static final Utf8[] NAMES = new Utf8[Bins.FEATURES];

  static {
    for (int i = 0; i < NAMES.length; i++) NAMES[i] = new Utf8(String.format("f%02d", i));
  }

  private final String registry;
  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
  private final Map<String, String> series = new HashMap<>();
  private BinaryDecoder decoder;

  AvroEvents(String registry) {
    this.registry = registry;
  }

  @Override
  public Event deserialize(String topic, byte[] value) {
    try {
      int id = ByteBuffer.wrap(value, 1, 4).getInt();
      GenericDatumReader<GenericRecord> reader = readers.get(id);
      if (reader == null) readers.put(id, reader = new GenericDatumReader<>(fetch(id)));
      decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, decoder);
      return toEvent(reader.read(null, decoder));
    } catch (Exception e) {
      throw new RuntimeException(e);
    }
  }

  // fields: 0 id, 1 timestamp, 2 model, 3 version, 4 features, 5 prediction, 6 latencyMs, 7 error
  private Event toEvent(GenericRecord record) {
    Event event = new Event();
    event.timestamp = (Long) record.get(1);
    String name = record.get(2) + "|" + record.get(3);
    event.series = series.computeIfAbsent(name, n -> n);
    if (record.get(4) instanceof Map<?, ?> map) {
      for (int i = 0; i < NAMES.length; i++) event.features[i] = (Double) map.get(NAMES[i]);
    } else {
      GenericRecord features = (GenericRecord) record.get(4);
      for (int i = 0; i < NAMES.length; i++) event.features[i] = (Double) features.get(i);
    }
    event.isNull = record.get(5) == null;
    Object latency = record.get(6);
    event.latencyMs = latency == null ? Double.NaN : (Double) latency;
    event.isError = record.get(7) != null;
    return event;
  }

  private Schema fetch(int id) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
    String body = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    return new Schema.Parser().parse(new ObjectMapper().readTree(body).get("schema").asText());
  }
}
