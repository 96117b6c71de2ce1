package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.generate.Inference;
import dev.luthier.model.Task;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A model's raw output, for comparison with other engines. */
public final class Logits {
  /** Tokens whose logits exist at once. */
  private static final int CHUNK = 256;

  private Logits() {}

  /**
   * Writes the logits as little-endian float32, row-major, nothing else: B x T x V of every token,
   * in models with an encoder of the decoder's tokens alone; of a model that labels tokens B x T x
   * labels, of one that labels sequences B x labels. What stands at padding means nothing.
   *
   * @return the shape of what was written
   * @throws LuthierException when the file cannot be written
   */
  public static List<Long> write(Transformer model, TokenIds ids, Path output) {
    try (PointerScope scope = new PointerScope()) {
      Places places = ids.places();
      Pass pass = model.pass(places);
      Device device = model.parameters().device();
      Tensor tokens = model.tokens(ids.tokens(), places.rows(), places.queries());
      Tensor hidden = Inference.hidden(model, tokens, pass, List.of()); // (B, T, D)
      Tensor rows = asked(model, places, hidden); // (N, D)
      AtomicFile.write(
          output,
          channel -> {
            for (long from = 0; from < rows.size(0); from += CHUNK) {
              long count = Math.min(CHUNK, rows.size(0) - from);
              try (PointerScope chunk = new PointerScope()) {
                Tensor logits = Inference.logits(model, rows.narrow(0, from, count), pass);
                write(channel, Tensors.cpu(logits).contiguous()); // (n, V)
              }
            }
          });
      return shape(model, places, rows);
    }
  }

  private static List<Long> shape(Transformer model, Places places, Tensor rows) {
    long width = model.head().out();
    return model.task().kind() == Task.Kind.SEQUENCE
        ? List.of(rows.size(0), width)
        : List.of((long) places.rows(), rows.size(0) / places.rows(), width);
  }

  private static Tensor asked(Transformer model, Places places, Tensor hidden) {
    int from = places.source();
    Tensor rows = hidden.narrow(1, from, places.queries() - from).reshape(-1, hidden.size(-1));
    if (model.task().kind() != Task.Kind.SEQUENCE) {
      return rows;
    }
    long[] at = model.pooled(places);
    return rows.index_select(0, Tensors.longs(at, model.parameters().device(), at.length));
  }

  /** Row by row, since a buffer ends at 2 GiB. */
  private static void write(FileChannel channel, Tensor floats) throws IOException {
    long bytes = 4 * floats.size(1);
    for (long row = 0; row < floats.size(0); row++) {
      SafetensorsWriter.writeFully(channel, Tensors.bytes(floats, row * bytes, bytes));
    }
  }
}
