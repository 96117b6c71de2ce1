package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.model.Families;
import dev.luthier.model.Family;
import dev.luthier.nn.Init;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.SourceOver;
import dev.luthier.nn.TensorSource;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/**
 * A model's tensors with another head: what the files have of one is used where it fits, the rest
 * of it is drawn, and the head that nothing asks for is passed over.
 *
 * @param source the files
 * @param names what the family calls its heads
 * @param drawn where new tensors come from; empty where an adapter brings them
 * @param sameLabels whether the files' last layer is for the same labels
 */
record NewHead(
    TensorSource source, Family.Names names, Optional<RandomSource> drawn, boolean sameLabels)
    implements SourceOver {
  /** For what stands before the head, whatever the files have of one. */
  static NewHead over(TensorSource files, ObjectNode config) {
    Family.Names names = Families.of(config, files.where()).names();
    return new NewHead(files, names, Optional.of(new RandomSource(0, 0)), false);
  }

  /** Between the blocks and the last layer, of some models. */
  private static final String POOLER = ".pooler.";

  private boolean isHead(String name) {
    return name.contains(POOLER) || names.heads().stream().anyMatch(name::startsWith);
  }

  private static boolean isLast(String name) {
    return name.startsWith("score.") || name.startsWith("classifier.");
  }

  private boolean isDrawn(String name, long... asked) {
    if (drawn.isEmpty() || !isHead(name)) {
      return false;
    }
    boolean fits = source.shape(name, asked).filter(s -> Arrays.equals(s, asked)).isPresent();
    return !fits || isLast(name) && !sameLabels;
  }

  @Override
  public Optional<long[]> shape(String name, long... asked) {
    return isDrawn(name, asked) ? Optional.of(asked) : source.shape(name, asked);
  }

  @Override
  public void read(String name, Init init, Tensor target) {
    if (isDrawn(name, Tensors.shape(target))) {
      drawn.orElseThrow().read(name, init, target);
    } else {
      source.read(name, init, target);
    }
  }

  @Override
  public Set<String> unused() {
    Set<String> out = new TreeSet<>(source.unused());
    out.removeIf(this::isHead);
    return out;
  }
}
