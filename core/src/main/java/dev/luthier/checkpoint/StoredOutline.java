package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.model.Families;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.SourceOver;
import dev.luthier.nn.TensorSource;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A stored model put together without its values, to learn what it is made of.
 *
 * @param model whose parameters hold nothing
 * @param matrices by name, those that may be held in few bits
 */
record StoredOutline(Transformer model, Set<String> matrices) {
  /**
   * Checks that all tensors are there and fit.
   *
   * @param where the configuration, for messages
   */
  static StoredOutline of(
      TensorSource tensors, ObjectNode config, String where, Optional<LoraLayers> lora) {
    Set<String> matrices = new TreeSet<>();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      TensorSource source = new Unread(tensors, matrices);
      Parameters base = new Parameters(source, ScalarType.Float, Device.META, name -> false);
      Transformer model = Families.build(config, where, new Linears(base, lora));
      base.finish();
      lora.ifPresent(l -> l.parameters().finish());
      return new StoredOutline(model, matrices);
    }
  }

  /** Whether a matrix is stored (in, out). */
  boolean isTransposed(String name) {
    Linear linear = model.linears().get(name.replaceAll("\\.weight$", ""));
    return linear != null && linear.isTransposed();
  }

  /** Shapes without values; what the model asks for is noted as read. */
  private record Unread(TensorSource source, Set<String> matrices) implements SourceOver {
    @Override
    public boolean isQuantized(String name) {
      matrices.add(name);
      return false;
    }

    /** Few bits are stored (out, in), also where the matrix in floats is stored (in, out). */
    @Override
    public Optional<long[]> shape(String name, long... asked) {
      Optional<long[]> there = source.shape(name, asked);
      boolean turned =
          source.isQuantized(name)
              && there.filter(s -> Arrays.equals(s, new long[] {asked[1], asked[0]})).isPresent();
      return turned ? Optional.of(asked) : there;
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      source.reserve(name);
    }
  }
}
