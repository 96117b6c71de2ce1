package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.HfFolder;
import dev.luthier.format.HubOrigin;
import dev.luthier.format.Json;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an adapter was trained over, in {@code training_base.json} beside it. PEFT has no place for
 * this and passes over the file.
 *
 * <pre>
 * {
 *   "base": "models/my-llama",
 *   "sha256": "5d41...",
 *   "dtype": "bfloat16",
 *   "quant": {"type": "nf4", "blockSize": 64, "doubleQuant": true, "outlierThreshold": 0.0}
 * }
 * </pre>
 *
 * @param base the base model's folder, as it was named; {@code org/name@commit} if it is in the
 *     hub's cache
 * @param sha256 of that folder, as {@code Hashes.folder} computes it
 * @param dtype what the model computed in
 * @param quant how its frozen matrices were held; empty for the compute dtype
 */
public record TrainingBase(
    String base, String sha256, ComputeDtype dtype, Optional<QuantSettings> quant) {
  private static final Pattern HUB = Pattern.compile("([^/@]+/[^/@]+)@([0-9a-f]{40})");

  /** The file's name in an adapter folder. */
  public static final String FILE = "training_base.json";

  /** Names a folder of the hub's cache by what it is there. */
  public TrainingBase {
    base = HubOrigin.of(Path.of(base)).map(o -> o.id() + "@" + o.commit()).orElse(base);
  }

  /** What an adapter's configuration says of it. */
  public AdapterConfig adapterConfig(LoraSettings lora) {
    Matcher named = HUB.matcher(base);
    return named.matches()
        ? new AdapterConfig(lora, named.group(1), Optional.of(named.group(2)))
        : new AdapterConfig(lora, base);
  }

  /** Writes the file. */
  public void write(Path adapter) {
    ObjectNode json = Json.object();
    json.put("base", base).put("sha256", sha256).put("dtype", dtype.toString());
    quant.ifPresent(
        q ->
            json.putObject("quant")
                .put("type", q.type().toString())
                .put("blockSize", q.blockSize())
                .put("doubleQuant", q.doubleQuant())
                .put("outlierThreshold", q.outlierThreshold()));
    Json.write(adapter.resolve(FILE), json);
  }

  /**
   * Reads an adapter folder's file; empty if there is none, as in PEFT's own folders.
   *
   * @throws LuthierException naming the file, if it says something else than {@link #write} does
   */
  public static Optional<TrainingBase> read(Path adapter) {
    Path file = adapter.resolve(FILE);
    return Json.readIfThere(file).map(json -> of(json, file));
  }

  /**
   * Compares a model with the base that an adapter names; adapters that name none pass.
   *
   * @param hash of the model's folder, computed only if there is something to compare with
   * @throws LuthierException if the adapter was trained over another base
   */
  public static void check(Path model, Path adapter, Supplier<String> hash) {
    Optional<TrainingBase> record = read(HfFolder.adapter(adapter));
    if (record.isPresent() && !hash.get().equals(record.get().sha256)) {
      throw new LuthierException(
          model
              + " (SHA-256 "
              + hash.get()
              + ") is not the base that "
              + adapter
              + " was trained over: that was "
              + record.get().base
              + " (SHA-256 "
              + record.get().sha256
              + "). Give that one as --model, or go on all the same with --any-base."
              + " See docs/troubleshooting.md#another-base");
    }
  }

  private static TrainingBase of(ObjectNode json, Path file) {
    try {
      return new TrainingBase(
          json.path("base").asText(),
          json.path("sha256").asText(),
          ComputeDtype.fromSetting(json.path("dtype").asText()),
          json.has("quant") ? Optional.of(quant(json.path("quant"))) : Optional.empty());
    } catch (IllegalArgumentException | UsageException e) {
      throw new LuthierException(
          file
              + " is malformed: "
              + e.getMessage()
              + ". Delete it to use the adapter over its base as that is stored.",
          e);
    }
  }

  private static QuantSettings quant(JsonNode json) {
    return new QuantSettings(
        QuantSettings.Type.valueOf(json.path("type").asText().toUpperCase(Locale.ROOT)),
        json.path("blockSize").asInt(),
        json.path("doubleQuant").asBoolean(),
        json.path("outlierThreshold").asDouble());
  }
}
