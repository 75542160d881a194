package bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One window of one series: 25 histograms with moments, a latency histogram, counters. Counts are 4 bytes, which favours Streams. */
final class WindowState {
  private static final int BYTES = 8 * 4 + Bins.FEATURES * 3 * 8 + (Bins.FEATURES * Bins.BINS + Bins.LATENCY) * 4;

  final int[] bins = new int[Bins.FEATURES * Bins.BINS];
  /** n, mean, M2 a feature. */
  final double[] moments = new double[Bins.FEATURES * 3];
  final int[] latency = new int[Bins.LATENCY];
  long events, errors, nulls;
  /** Partitions merged in. */
  long parts;

  void add(Event event) {
    events++;
    if (event.isError) errors++;
    if (event.isNull) nulls++;
    if (!Double.isNaN(event.latencyMs)) latency[Bins.latencyBucket(event.latencyMs)]++;
    for (int f = 0, m = 0; f < Bins.FEATURES; f++, m += 3) {
      double value = event.features[f];
      bins[f * Bins.BINS + Bins.bin(f, value)]++;
      double n = moments[m] + 1, distance = value - moments[m + 1];
      double mean = moments[m + 1] + distance / n;
      moments[m] = n;
      moments[m + 1] = mean;
      moments[m + 2] += distance * (value - mean);
    }
  }

  WindowState merge(WindowState other) {
    for (int i = 0; i < bins.length; i++) bins[i] += other.bins[i];
    for (int i = 0; i < latency.length; i++) latency[i] += other.latency[i];
    for (int m = 0; m < moments.length; m += 3) {
      double n = moments[m] + other.moments[m];
      if (n == 0) continue;
      double distance = other.moments[m + 1] - moments[m + 1];
      moments[m + 2] += other.moments[m + 2] + distance * distance * moments[m] * other.moments[m] / n;
      moments[m + 1] += distance * other.moments[m] / n;
      moments[m] = n;
    }
    events += other.events;
    errors += other.errors;
    nulls += other.nulls;
    parts++;
    return this;
  }

  /** Native byte order: each array is one bulk copy. */
  byte[] toBytes() {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    out.putLong(events).putLong(errors).putLong(nulls).putLong(parts);
    out.asDoubleBuffer().put(moments);
    out.position(out.position() + moments.length * 8);
    out.asIntBuffer().put(bins).put(latency);
    return out.array();
  }

  static WindowState fromBytes(byte[] bytes) {
    WindowState state = new WindowState();
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    state.events = in.getLong();
    state.errors = in.getLong();
    state.nulls = in.getLong();
    state.parts = in.getLong();
    in.asDoubleBuffer().get(state.moments);
    in.position(in.position() + state.moments.length * 8);
    in.asIntBuffer().get(state.bins).get(state.latency);
    return state;
  }

  /** The result: counts, latency quantiles, PSI of each feature against the uniform reference, means. */
  String result(String key) {
    StringBuilder json = new StringBuilder(1024);
    json.append("{\"key\":\"").append(key).append("\",\"n\":").append(events);
    json.append(",\"errors\":").append(errors).append(",\"nulls\":").append(nulls);
    for (double q : new double[] {0.5, 0.95, 0.99}) json.append(",\"p").append(Math.round(q * 100)).append("\":").append(quantile(q));
    json.append(",\"psi\":[");
    for (int f = 0; f < Bins.FEATURES; f++) json.append(f == 0 ? "" : ",").append(psi(f));
    json.append("],\"mean\":[");
    for (int f = 0; f < Bins.FEATURES; f++) json.append(f == 0 ? "" : ",").append(moments[f * 3 + 1]);
    return json.append("]}").toString();
  }

  private double psi(int feature) {
    double n = moments[feature * 3], expected = 1.0 / Bins.BINS, sum = 0;
    for (int i = 0; i < Bins.BINS; i++) {
      double share = Math.max(bins[feature * Bins.BINS + i] / n, 1e-4);
      sum += (share - expected) * Math.log(share / expected);
    }
    return sum;
  }

  private double quantile(double q) {
    long total = 0, seen = 0;
    for (int count : latency) total += count;
    for (int i = 0; i < latency.length; i++) if ((seen += latency[i]) >= q * total) return Bins.latencyValue(i);
    return Double.NaN;
  }
}
