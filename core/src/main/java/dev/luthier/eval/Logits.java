package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.model.Block;
import dev.luthier.model.Decoder;
import dev.luthier.nn.Pass;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A model's raw output, for comparison with other engines. */
public final class Logits {
  private Logits() {}

  /**
   * Writes the logits of every token: B x T x V little-endian float32, row-major, nothing else.
   * What stands at padding means nothing.
   *
   * @throws LuthierException when the file cannot be written
   */
  public static void write(Decoder model, TokenIds ids, Path output) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Pass pass = model.pass(ids.positions(), ids.mask(), ids.rows(), ids.length());
      Tensor x =
          model.embed(
              Tensors.longs(ids.tokens(), model.parameters().device(), ids.rows(), ids.length()));
      for (Block block : model.blocks()) {
        x = block.forward(x, pass);
      }
      Tensor hidden = model.norm(x);
      AtomicFile.write(
          output,
          channel -> {
            for (int b = 0; b < ids.rows(); b++) {
              try (PointerScope row = new PointerScope()) {
                Tensor logits = model.head().forward(hidden.select(0, b), pass);
                Tensor floats = Tensors.cpu(Tensors.cast(logits, ScalarType.Float)).contiguous();
                for (int t = 0; t < ids.length(); t++) {
                  long bytes = 4L * model.shape().vocabulary();
                  SafetensorsWriter.writeFully(channel, Tensors.bytes(floats, t * bytes, bytes));
                }
              }
            }
          });
    }
  }
}
