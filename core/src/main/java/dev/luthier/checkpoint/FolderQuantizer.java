package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.DType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.ModelCard;
import dev.luthier.format.ModelWeights;
import dev.luthier.format.SafetensorsShards;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.format.Spool;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.WeightFile;
import dev.luthier.model.Families;
import dev.luthier.model.Family.Names;
import dev.luthier.quant.FourBitType;
import dev.luthier.tensor.Grad;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A model folder in float to one in bitsandbytes' form, a tensor at a time: memory holds the
 * largest matrix and what becomes of it. While it is written the result stands on the disk twice.
 *
 * @param config how
 * @param blockSize values per scale (four bits only)
 */
public record FolderQuantizer(QuantizationConfig config, int blockSize) {
  private static final Set<DType> FLOATS = Set.of(DType.F32, DType.F16, DType.BF16);

  /** Is told how far it is. */
  public interface Progress {
    /** After a tensor, of the number of all. */
    void at(int done, int total);
  }

  /**
   * What was done.
   *
   * @param quantized matrices
   * @param kept tensors that stayed as they were
   * @param weights elements of the quantized matrices
   * @param quantizedBytes of these, with all that belongs to them
   * @param bytesBefore of all tensors
   * @param bytesAfter of all tensors
   */
  public record Result(
      int quantized,
      int kept,
      long weights,
      long quantizedBytes,
      long bytesBefore,
      long bytesAfter) {}

  /**
   * Writes the quantized folder, whole or not at all.
   *
   * @param model a folder with weights in float32, bfloat16 or float16
   * @param output a folder that is not there yet
   */
  public Result run(Path model, Path output, Progress progress) {
    if (Files.exists(output)) {
      throw new LuthierException(output + " is there already; choose a new folder with --output");
    }
    if (HfFolder.kind(model) == HfFolder.Kind.GGUF) {
      throw new LuthierException(
          model
              + " is a GGUF file; expected a model folder. To train over it in few bits, give it to"
              + " sft as it is, with --method qlora.");
    }
    ObjectNode json = HfFolder.config(model);
    if (json.has(QuantizationConfig.KEY)) {
      throw new LuthierException(
          model + " is quantized already: its config.json has a " + QuantizationConfig.KEY);
    }
    List<? extends WeightFile> files = ModelWeights.open(model);
    List<TensorInfo> tensors = files.stream().flatMap(f -> f.tensors().values().stream()).toList();
    StoredTensors source = ModelLoader.files(model);
    ObjectNode known = ModelLoader.config(model, source);
    String where = HfFolder.configName(model);
    StoredOutline outline = StoredOutline.of(source, known, where, Optional.empty());
    Names names = Families.of(known, where).names();
    Predicate<TensorInfo> quantizes =
        info -> outline.matrices().contains(names.of(info.name())) && quantizes(info);
    List<TensorInfo> chosen = tensors.stream().filter(quantizes).toList();
    if (chosen.isEmpty()) {
      throw new LuthierException(
          model + " has no float matrix of a linear layer that --skip does not name");
    }
    json.set(QuantizationConfig.KEY, config.toJson());
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    AtomicFile.writeFolder(
        output,
        folder -> {
          try (Spool spool = new Spool(folder)) {
            Map<String, String> metadata = new HashMap<>(Map.of("format", "pt"));
            int done = 0;
            for (WeightFile file : files) {
              metadata.putAll(file.aliases());
              for (TensorInfo info : file.tensors().values()) {
                entries.addAll(
                    quantizes.test(info)
                        ? quantized(file, info, outline.isTransposed(names.of(info.name())), spool)
                        : List.of(TensorFiles.entry(file, info)));
                progress.at(++done, tensors.size());
              }
            }
            SafetensorsShards.write(
                folder, entries, metadata, SafetensorsShards.DEFAULT_SHARD_BYTES);
          }
          Json.write(folder.resolve(HfFolder.CONFIG), json);
          HfFolder.copySideFiles(model, folder);
          new ModelCard(
                  ModelCard.Kind.QUANTIZED,
                  Optional.of(model),
                  List.of(),
                  List.of("bitsandbytes"),
                  ModelFiles.use(model),
                  Map.of("Settings", settings()))
              .write(folder);
        });
    long before = bytes(tensors);
    long after = entries.stream().mapToLong(SafetensorsWriter.Entry::length).sum();
    return new Result(
        chosen.size(),
        tensors.size() - chosen.size(),
        chosen.stream().mapToLong(TensorInfo::elements).sum(),
        after - (before - bytes(chosen)),
        before,
        after);
  }

  private Map<String, String> settings() {
    Map<String, String> out = new TreeMap<>();
    out.put("form", config.fourBit().map(FourBitType::toString).orElse("int8"));
    config.fourBit().ifPresent(four -> out.put("values per scale", "" + blockSize));
    config.fourBit().ifPresent(four -> out.put("quantized scales", "" + config.doubleQuant()));
    return out;
  }

  private static long bytes(List<TensorInfo> tensors) {
    return tensors.stream().mapToLong(TensorInfo::length).sum();
  }

  private boolean quantizes(TensorInfo info) {
    return info.shape().size() == 2
        && FLOATS.contains(info.dtype())
        && !config.skips(info.name().substring(0, info.name().length() - ".weight".length()));
  }

  /**
   * @param transposed whether it is stored (in, out): bitsandbytes turns it first
   */
  private List<SafetensorsWriter.Entry> quantized(
      WeightFile file, TensorInfo info, boolean transposed, Spool spool) throws IOException {
    List<SafetensorsWriter.Entry> out = new ArrayList<>();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor stored = TensorFiles.read(file.path(), info);
      Tensor weight = transposed ? stored.t().contiguous() : stored;
      String where = file.path() + ": tensor " + info.name();
      for (SafetensorsWriter.Entry entry :
          QuantizedTensors.entries(
              info.name(), config.quantize(where, weight, blockSize), config.storage())) {
        out.add(spool.keep(entry));
      }
    }
    return out;
  }
}
