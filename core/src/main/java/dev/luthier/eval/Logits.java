package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
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
   * Writes the logits of every token: B x T x V little-endian float32, row-major, nothing else.
   * What stands at padding means nothing.
   *
   * @throws LuthierException when the file cannot be written
   */
  public static void write(Transformer model, TokenIds ids, Path output) {
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(Places.whole(ids.positions(), ids.mask(), ids.rows(), ids.length()));
      Tensor tokens =
          Tensors.longs(ids.tokens(), model.parameters().device(), ids.rows(), ids.length());
      Tensor hidden = Inference.hidden(model, tokens, pass, List.of()); // (B, T, D)
      AtomicFile.write(
          output,
          channel -> {
            for (int b = 0; b < ids.rows(); b++) {
              for (int from = 0; from < ids.length(); from += CHUNK) {
                int count = Math.min(CHUNK, ids.length() - from);
                try (PointerScope chunk = new PointerScope()) {
                  Tensor part = hidden.select(0, b).narrow(0, from, count); // (n, D)
                  Tensor logits = Inference.logits(model, part, pass); // (n, V)
                  write(channel, Tensors.cpu(logits).contiguous());
                }
              }
            }
          });
    }
  }

  /** Row by row, since a buffer ends at 2 GiB. */
  private static void write(FileChannel channel, Tensor floats) throws IOException {
    long bytes = 4 * floats.size(1);
    for (long row = 0; row < floats.size(0); row++) {
      SafetensorsWriter.writeFully(channel, Tensors.bytes(floats, row * bytes, bytes));
    }
  }
}
