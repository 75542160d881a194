package bench;

/** Fixed edges: 99 standard normal quantiles a feature (100 bins), and log-linear latency buckets. */
final class Bins {
  static final int FEATURES = 25;
  static final int BINS = 100;
  /** 64 buckets an octave, 1 ms to 65 s. */
  static final int LATENCY = 16 * 64;
  private static final double[][] EDGES = new double[FEATURES][BINS - 1];

  static {
    for (double[] edges : EDGES) for (int i = 1; i < BINS; i++) edges[i - 1] = normalQuantile((double) i / BINS);
  }

  /** Number of edges at or below the value, by binary search. */
  static int bin(int feature, double value) {
    double[] edges = EDGES[feature];
    int low = 0, high = edges.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (edges[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  static int latencyBucket(double ms) {
    if (!(ms >= 1)) return 0;
    int bucket = (int) ((Double.doubleToRawLongBits(ms) >>> 46) - (1023L << 6));
    return Math.min(bucket, LATENCY - 1);
  }

  static double latencyValue(int bucket) {
    return Math.scalb(1 + ((bucket & 63) + 0.5) / 64, bucket >> 6);
  }

  /** P. J. Acklam's rational approximation (2003). */
  private static double normalQuantile(double p) {
    if (p > 0.5) return -normalQuantile(1 - p);
    double[] a = {-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239};
    double[] b = {-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572};
    double[] c = {-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783};
    double[] d = {0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416};
    if (p < 0.02425) {
      double q = Math.sqrt(-2 * Math.log(p));
      return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    }
    double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
}
