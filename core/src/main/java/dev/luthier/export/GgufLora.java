package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.AdapterTensors;
import dev.luthier.checkpoint.AdapterTensors.Pair;
import dev.luthier.checkpoint.GgufRows;
import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufFamily.Place;
import dev.luthier.format.GgufSettings;
import dev.luthier.format.GgufType;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.format.HfFolder;
import dev.luthier.model.Families;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A LoRA adapter as a GGUF file that llama.cpp lays over its base: {@code NAME.lora_a} (R, in) and
 * {@code NAME.lora_b} (out, R) for each matrix, rows of B in the order in which the base's stand
 * there. llama.cpp computes {@code W + (alpha / R) B A} with one alpha for all; where layers have
 * other scales than that gives, by rank-stabilised scaling or patterns, B is multiplied by what is
 * missing.
 *
 * @param model the base, as a folder or a GGUF file
 * @param adapter a PEFT folder
 * @param type what A and B become; Q8_0 only where rows are whole blocks
 */
public record GgufLora(Path model, Path adapter, GgufFileType type) {
  /** What A and B can become. */
  public static final Set<GgufFileType> TYPES =
      Set.of(GgufFileType.F32, GgufFileType.F16, GgufFileType.BF16, GgufFileType.Q8_0);

  private static final String OUTPUT = "output.weight";

  /** Refuses types that adapters are not stored in. */
  public GgufLora {
    if (!TYPES.contains(type)) {
      throw new LuthierException("an adapter is stored as F32, F16, BF16 or Q8_0, not as " + type);
    }
  }

  /**
   * What was written.
   *
   * @param matrices of the base that it changes
   * @param alpha that the file says
   * @param scaled of these, how many have B multiplied
   * @param bytes of all tensors
   */
  public record Result(int matrices, double alpha, int scaled, long bytes) {}

  /**
   * Writes the file, whole or not at all.
   *
   * @throws LuthierException if the adapter has more than such a file can say
   */
  public Result run(Path output) {
    Parts parts = parts();
    double alpha = alpha(parts.lora());
    List<GgufWriter.Entry> entries = new ArrayList<>();
    parts
        .places()
        .forEach((name, pairs) -> entries.addAll(entries(name, pairs, alpha, parts.rows())));
    GgufWriter.write(output, metadata(parts.rows().family(), alpha), entries);
    Collection<Pair> all = parts.lora().pairs().values();
    int scaled = (int) all.stream().filter(p -> factor(p, alpha) != 1).count();
    long bytes = entries.stream().mapToLong(GgufWriter.Entry::length).sum();
    return new Result(all.size(), alpha, scaled, bytes);
  }

  /**
   * What is to be stored, and where.
   *
   * @param config of the base, with what its family means by what it leaves out
   * @param rows how the base's file orders them
   * @param places pairs by the tensor that they change, expert by expert where it stacks matrices
   */
  record Parts(
      ObjectNode config,
      AdapterTensors lora,
      GgufRows rows,
      Map<String, Map<Integer, Pair>> places) {}

  /**
   * Looks into both folders.
   *
   * @throws LuthierException if the adapter has more than such a file can say
   */
  Parts parts() {
    Native.load();
    ModelTensors base = GgufExport.tensors(model);
    AdapterTensors lora = AdapterTensors.read(HfFolder.adapter(adapter));
    refuse(lora);
    ObjectNode config = whole(base.config());
    GgufFamily family =
        GgufFamily.of(config.path("model_type").asText(), stored(base), HfFolder.configName(model));
    GgufRows rows =
        new GgufRows(
            family,
            GgufSettings.heads(config),
            GgufSettings.keyHeads(config, family),
            model.toString());
    return new Parts(config, lora, rows, places(lora, base, family));
  }

  private ObjectNode whole(ObjectNode config) {
    ObjectNode out = Families.of(config, HfFolder.configName(model)).defaults();
    out.setAll(config);
    return out;
  }

  private static Set<String> stored(ModelTensors base) {
    Set<String> out = new TreeSet<>(base.names());
    out.removeIf(name -> name.startsWith("cls.") || name.startsWith("bert.pooler."));
    return out;
  }

  private void refuse(AdapterTensors lora) {
    if (!lora.others().isEmpty()) {
      throw new LuthierException(
          adapter
              + " holds more than llama.cpp's adapters can: "
              + String.join(", ", lora.others().stream().limit(3).toList())
              + (lora.others().size() > 3 ? " and " + (lora.others().size() - 3) + " more" : "")
              + ". "
              + wayOut());
    }
    if (lora.pairs().isEmpty()) {
      throw new LuthierException(adapter + " changes no matrix: it has no lora_A");
    }
  }

  private String wayOut() {
    return "Multiply it in instead: luthier export gguf --model "
        + model
        + " --adapter "
        + adapter
        + " --type Q8_0 --output FILE. See docs/export.md#adapters";
  }

  /** Pairs by the tensor that they change, expert by expert where it stacks matrices. */
  private Map<String, Map<Integer, Pair>> places(
      AdapterTensors lora, ModelTensors base, GgufFamily family) {
    Map<String, Map<Integer, Pair>> out = new TreeMap<>(GgufRecipe.ORDER);
    lora.pairs()
        .forEach(
            (path, pair) -> {
              Place place =
                  family
                      .place(path + ".weight")
                      .orElseThrow(
                          () ->
                              new LuthierException(
                                  adapter
                                      + " changes "
                                      + path
                                      + ", for which llama.cpp has no place. "
                                      + wayOut()));
              if (!base.names().contains(path + ".weight")) {
                throw new LuthierException(
                    place.name().equals(OUTPUT)
                        ? adapter
                            + " changes the head of a model whose head is its embedding, which"
                            + " llama.cpp cannot keep apart. "
                            + wayOut()
                        : adapter + " changes " + path + ", which " + model + " does not have");
              }
              out.computeIfAbsent(place.name(), n -> new TreeMap<>()).put(place.expert(), pair);
            });
    out.forEach((name, parts) -> checkStack(name, parts, base, family));
    return out;
  }

  /** Experts' adapters are stacked, so each has one, and all are of one rank. */
  private void checkStack(
      String name, Map<Integer, Pair> parts, ModelTensors base, GgufFamily family) {
    long all =
        base.names().stream()
            .flatMap(n -> family.place(n).stream())
            .filter(p -> p.name().equals(name))
            .count();
    boolean alike = parts.values().stream().map(Pair::rank).distinct().count() == 1;
    if (parts.size() != all || !alike) {
      throw new LuthierException(
          adapter
              + " changes "
              + parts.size()
              + " of the "
              + all
              + " matrices that llama.cpp stacks in "
              + name
              + (alike ? "" : ", with different ranks")
              + ". "
              + wayOut());
    }
  }

  /** One that is right for as many as possible: the scale of the first pair at its rank. */
  private static double alpha(AdapterTensors lora) {
    Pair first = lora.pairs().values().iterator().next();
    return first.scale() * first.rank();
  }

  /** What B is multiplied by so that alpha / R B is scale B. */
  private static double factor(Pair pair, double alpha) {
    double factor = pair.scale() * pair.rank() / alpha;
    return Math.abs(factor - 1) < 1e-12 ? 1 : factor;
  }

  private List<GgufWriter.Entry> entries(
      String name, Map<Integer, Pair> parts, double alpha, GgufRows rows) {
    List<Supplier<Tensor>> a = new ArrayList<>();
    List<Supplier<Tensor>> b = new ArrayList<>();
    for (Pair pair : parts.values()) {
      a.add(pair::a);
      b.add(
          () -> {
            Tensor ordered = rows.stored(name, pair.b()).to(ScalarType.Float);
            return ordered.mul(Tensors.scalar(factor(pair, alpha))).contiguous();
          });
    }
    Pair one = Objects.requireNonNull(parts.values().iterator().next());
    return List.of(
        entry(name + ".lora_a", a, one.rank(), one.in()),
        entry(name + ".lora_b", b, one.out(), one.rank()));
  }

  private GgufWriter.Entry entry(
      String name, List<Supplier<Tensor>> parts, long rows, long columns) {
    GgufType as = GgufRecipe.fitting(type.type(), columns);
    List<Long> shape =
        parts.size() == 1 ? List.of(rows, columns) : List.of((long) parts.size(), rows, columns);
    return new GgufWriter.Entry(
        name, as, shape, new GgufData(name, as, columns, new float[0], parts));
  }

  private Map<String, GgufValue> metadata(GgufFamily family, double alpha) {
    Map<String, GgufValue> out = new LinkedHashMap<>();
    out.put(GgufFamily.ARCHITECTURE, GgufValue.of(family.architecture()));
    out.put("general.type", GgufValue.of("adapter"));
    out.put("adapter.type", GgufValue.of("lora"));
    out.put("adapter.lora.alpha", GgufValue.float32(alpha));
    GgufGeneral.of(adapter, Optional.of(model), 0, 0)
        .forEach(
            (key, value) -> {
              if (!key.equals("general.size_label")) {
                out.put(key, value);
              }
            });
    out.put("general.file_type", GgufValue.uint32(type.code()));
    return out;
  }
}
