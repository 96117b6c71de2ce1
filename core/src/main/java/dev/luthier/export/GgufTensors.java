package dev.luthier.export;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.GgufRows;
import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufFamily.Place;
import dev.luthier.format.GgufFamily.Trait;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A model's tensors as llama.cpp names, orders and stores them. */
final class GgufTensors {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String OUTPUT = "output.weight";

  private static final Set<String> OWN_HEAD = Set.of("t5", "gpt2", "bloom");

  private final ModelTensors model;
  private final GgufFamily family;
  private final GgufRows rows;
  private final Map<String, Entry> entries = new TreeMap<>(GgufRecipe.ORDER);

  /**
   * A tensor of the file.
   *
   * @param shape row-major
   * @param parts make its values, in tensors of the current scope; several where matrices are
   *     stacked
   */
  record Entry(List<Long> shape, List<Supplier<Tensor>> parts) {
    Entry {
      shape = List.copyOf(shape);
      parts = List.copyOf(parts);
    }
  }

  /**
   * @param names the parameters that are stored
   */
  GgufTensors(ModelTensors model, Set<String> names, GgufFamily family, GgufRows rows) {
    this.model = model;
    this.family = family;
    this.rows = rows;
    Map<String, Map<Integer, String>> sources = new TreeMap<>(GgufRecipe.ORDER);
    for (String name : names) {
      Place place = family.place(name).orElseThrow();
      sources.computeIfAbsent(place.name(), n -> new TreeMap<>()).put(place.expert(), name);
    }
    sources.forEach((name, parts) -> entries.put(name, entry(name, List.copyOf(parts.values()))));
    ownHead();
  }

  /** In the order in which they are stored. */
  Map<String, Entry> all() {
    return entries;
  }

  /** Shapes by name, row-major. */
  Map<String, List<Long>> shapes() {
    Map<String, List<Long>> out = new TreeMap<>(GgufRecipe.ORDER);
    entries.forEach((name, entry) -> out.put(name, entry.shape()));
    return out;
  }

  private Entry entry(String name, List<String> parts) {
    List<Long> shape = shape(parts.get(0));
    if (parts.size() > 1 || name.contains("_exps.")) {
      shape = new ArrayList<>(shape);
      shape.add(0, (long) parts.size());
    }
    return new Entry(
        shape, parts.stream().map(part -> (Supplier<Tensor>) () -> value(name, part)).toList());
  }

  private List<Long> shape(String name) {
    long[] shape = model.shape(name);
    return turned(name, shape.length)
        ? List.of(shape[1], shape[0])
        : Arrays.stream(shape).boxed().toList();
  }

  private boolean turned(String name, int dimensions) {
    return dimensions == 2 && model.isTransposed(name);
  }

  private Tensor value(String name, String source) {
    Tensor stored = model.read(source);
    Tensor out = turned(source, (int) stored.dim()) ? stored.t() : stored;
    if (family.traits().contains(Trait.NORMS_PLUS_ONE) && name.endsWith("norm.weight")) {
      return out.to(ScalarType.Float).add(Tensors.scalar(1));
    }
    return rows.stored(name, out).contiguous();
  }

  /**
   * Heads that are the embedding and yet are stored: for GPT-2 and BLOOM llama.cpp (up to build
   * 4916 at least) does not look for them there, and T5 1.0 scales what its head reads, which
   * llama.cpp does not, so the head is scaled.
   */
  private void ownHead() {
    boolean t5 = family.architecture().equals("t5");
    if (entries.containsKey(OUTPUT) || !OWN_HEAD.contains(family.architecture())) {
      return;
    }
    Entry table = Objects.requireNonNull(entries.get(EMBEDDING));
    double scale = 1 / Math.sqrt(table.shape().get(1));
    Supplier<Tensor> scaled =
        () -> table.parts().get(0).get().to(ScalarType.Float).mul(Tensors.scalar(scale));
    entries.put(OUTPUT, t5 ? new Entry(table.shape(), List.of(scaled)) : table);
  }

  /** A complaint about a tensor that no file may hold. */
  static LuthierException notFinite(String name) {
    return new LuthierException(
        "tensor "
            + name
            + " holds numbers that are not finite; nothing can be exported from a model that has"
            + " gone wrong. Take an earlier checkpoint. See docs/troubleshooting.md#not-finite");
  }
}
