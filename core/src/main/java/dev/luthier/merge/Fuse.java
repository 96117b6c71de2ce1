package dev.luthier.merge;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.FolderFuser;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.eval.Divergence;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.DType;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.HubOrigin;
import dev.luthier.format.ModelCard;
import dev.luthier.model.Outline;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Multiplies an adapter into its base: {@code W + s B A}, computed in float32 and rounded once to
 * the base's own dtype. The result is an ordinary model folder.
 *
 * @param model the base's folder
 * @param adapter the PEFT folder
 * @param base what W is
 * @param trained how W was quantized when the adapter was trained; empty if it was not
 */
public record Fuse(Path model, Path adapter, Base base, Optional<QuantSettings> trained) {
  /** KL divergence, in nats per token, that rounding to bfloat16 stays below. */
  public static final double LARGEST_KL = 0.01;

  /** What an adapter is multiplied into. */
  public enum Base {
    /** The matrices as they are stored. */
    ORIGINAL,
    /** What comes back of the quantized matrices that the adapter was trained over. */
    DEQUANTIZED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Decides by the adapter's record what to fuse; adapters without one were trained over the base
   * as it is stored.
   *
   * @param wanted what W is to be; empty for what the adapter was trained over
   * @param anyBase whether a base that is not the recorded one will do
   * @throws LuthierException if the base is another than the adapter was trained over
   */
  public static Fuse of(Path model, Path adapter, Optional<Base> wanted, boolean anyBase) {
    HfFolder.model(model);
    Optional<TrainingBase> record = TrainingBase.read(HfFolder.adapter(adapter));
    if (!anyBase) {
      TrainingBase.check(model, adapter, () -> Hashes.folder(model));
    }
    Optional<QuantSettings> stored = ModelLoader.quantization(model);
    Optional<QuantSettings> trained = stored.or(() -> record.flatMap(TrainingBase::quant));
    Base base = wanted.orElse(trained.isPresent() ? Base.DEQUANTIZED : Base.ORIGINAL);
    if (base == Base.ORIGINAL && stored.isPresent()) {
      throw new UsageException(
          model
              + " is quantized itself, so --base original is not there: give the model that it was"
              + " quantized from, with --any-base");
    }
    if (base == Base.DEQUANTIZED && trained.isEmpty()) {
      throw new UsageException(
          adapter
              + " does not say that its base was quantized, so --base dequantized has no settings:"
              + " luthier quantize the base as it was, and give that folder as --model");
    }
    return new Fuse(model, adapter, base, trained);
  }

  /**
   * Writes the fused model, a tensor at a time.
   *
   * @param output a folder that is not there yet
   * @return the dtype that the weights are stored in
   */
  public DType run(Path output) {
    if (Files.exists(output)) {
      throw new LuthierException(output + " is there already; choose a new folder with --output");
    }
    FolderFuser fuser = fuser();
    DType[] stored = new DType[1];
    AtomicFile.writeFolder(
        output,
        temporary -> {
          stored[0] = fuser.write(temporary);
          TokenizerFiles.carry(model, temporary);
          TokenizerFiles.carry(adapter, temporary);
          card().write(temporary);
        });
    return Objects.requireNonNull(stored[0]);
  }

  /** The fused model's tensors, made as they are asked for. */
  public FolderFuser fuser() {
    return new FolderFuser(model, adapter, quant());
  }

  /** The same of an encoder, of whose head there is what the files have. */
  public FolderFuser body() {
    return FolderFuser.body(model, adapter, quant());
  }

  private Optional<QuantSettings> quant() {
    return base == Base.DEQUANTIZED ? requantized() : Optional.empty();
  }

  private ModelCard card() {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("base", HubOrigin.publicName(model));
    parts.put("adapter", HubOrigin.publicName(adapter));
    parts.put("adapter's SHA-256", Hashes.folder(adapter));
    parts.put("multiplied into", "the " + base + " base");
    return new ModelCard(
        ModelCard.Kind.FUSED,
        Optional.of(model),
        List.of(),
        List.of("fused"),
        ModelFiles.use(model, adapter),
        Map.of("Made of", parts));
  }

  /** The beginning of a text that {@link #check} is to compare on, as ids. */
  public long[] slice(Tokenizer tokenizer, String text) {
    int context =
        Outline.of(ModelLoader.config(model), HfFolder.configName(model), Optional.empty())
            .shape()
            .maxPositions();
    return Divergence.slice(tokenizer, text, Math.min(Divergence.MOST_TOKENS, context));
  }

  /**
   * Compares the adapter live, over the base that it was trained over, with the fused model, both
   * in float32. Matrices that are not quantized are read from the disk block by block.
   */
  public Divergence check(Path fused, long[] ids) {
    return Divergence.of(
        ids,
        () -> loader(requantized()).load(model, Optional.of(adapter)).transformer(),
        () -> loader(Optional.empty()).load(fused).transformer());
  }

  /** How matrices are to be quantized that are not stored so. */
  private Optional<QuantSettings> requantized() {
    return trained
        .filter(q -> q.type() != QuantSettings.Type.STORED)
        .filter(q -> ModelLoader.quantization(model).isEmpty());
  }

  private ModelLoader loader(Optional<QuantSettings> quant) {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, quant, true);
  }

  /** About 2 kB of English to compare models on. */
  public static String text() {
    try (InputStream in = Fuse.class.getResourceAsStream("slice.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("slice.txt is not in the jar", e);
    }
  }
}
