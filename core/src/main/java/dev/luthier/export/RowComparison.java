package dev.luthier.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Two engines' outputs at every place of one text.
 *
 * @param places of the text
 * @param largest difference between two numbers
 * @param peak the largest of our numbers, signs aside
 * @param divergence of logits: {@code KL(ours || theirs)}, nats per token, the mean over all
 *     places; of hidden states: 1 less the cosine between ours and theirs, the mean
 * @param own perplexity of the text under ours; NaN where nothing predicts next tokens
 * @param other under theirs
 */
record RowComparison(
    int places, double largest, double peak, double divergence, double own, double other) {
  /**
   * Compares two files of little-endian float32, a row for each place. Where rows differ in length
   * (one engine leaves out rows of the embedding that have no token) their beginnings are compared.
   *
   * @param next what each place but the last predicts; empty for hidden states
   */
  static RowComparison of(Path ours, Path theirs, int places, int[] next) throws IOException {
    try (FileChannel own = FileChannel.open(ours);
        FileChannel other = FileChannel.open(theirs)) {
      int width = (int) (own.size() / 4 / places);
      int otherWidth = (int) (other.size() / 4 / places);
      int shared = Math.min(width, otherWidth);
      double largest = 0;
      double peak = 0;
      double divergence = 0;
      double[] nll = new double[2];
      for (int t = 0; t < places; t++) {
        float[] a = Arrays.copyOf(row(own, width), shared);
        float[] b = Arrays.copyOf(row(other, otherWidth), shared);
        for (int i = 0; i < shared; i++) {
          peak = Math.max(peak, Math.abs(a[i]));
          double difference = Math.abs(a[i] - (double) b[i]);
          largest = Double.isNaN(difference) ? Double.NaN : Math.max(largest, difference);
        }
        if (next.length == 0) {
          divergence += 1 - cosine(a, b);
          continue;
        }
        double[] p = logProbs(a);
        double[] q = logProbs(b);
        for (int i = 0; i < shared; i++) {
          divergence += Math.exp(p[i]) * (p[i] - q[i]);
        }
        if (t < next.length) {
          nll[0] -= p[next[t]];
          nll[1] -= q[next[t]];
        }
      }
      return new RowComparison(
          places,
          largest,
          peak,
          divergence / places,
          Math.exp(nll[0] / next.length),
          Math.exp(nll[1] / next.length));
    }
  }

  private static float[] row(FileChannel file, int width) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * width).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (file.read(bytes) < 0) {
        throw new IOException("the file ends early");
      }
    }
    float[] row = new float[width];
    bytes.flip().asFloatBuffer().get(row);
    return row;
  }

  private static double[] logProbs(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float x : logits) {
      max = Math.max(max, x);
    }
    double sum = 0;
    for (float x : logits) {
      sum += Math.exp(x - max);
    }
    double logSum = max + Math.log(sum);
    double[] out = new double[logits.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = logits[i] - logSum;
    }
    return out;
  }

  private static double cosine(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * (double) b[i];
      aa += a[i] * (double) a[i];
      bb += b[i] * (double) b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }
}
