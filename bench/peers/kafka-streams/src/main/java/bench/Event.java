package bench;

/** A decoded prediction, reduced to what the windows need. */
final class Event {
  long timestamp;
  /** Model and version. */
  String series;
  final double[] features = new double[Bins.FEATURES];
  /** NaN when null. */
  double latencyMs;
  boolean isError, isNull;
}
