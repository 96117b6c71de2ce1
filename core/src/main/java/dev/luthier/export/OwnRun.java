package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.eval.Logits;
import dev.luthier.eval.TokenIds;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The model that was exported, on our engine, in float32. */
final class OwnRun implements AutoCloseable {
  private final LoadedModel loaded;

  private OwnRun(LoadedModel loaded) {
    this.loaded = loaded;
  }

  /**
   * Loads it. Where it would take more than half of the memory, its matrices stay on the disk.
   *
   * @param fused whether the adapter is multiplied in: then its base is the one that it was trained
   *     over, which may have been quantized
   * @param parameters numbers in the model
   */
  static OwnRun open(Path model, Optional<Path> adapter, boolean fused, long parameters) {
    boolean stream = 4 * parameters > Memory.total() / 2;
    ModelLoader plain = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.empty(), stream);
    ModelLoader loader =
        adapter.filter(a -> fused).map(a -> plain.asTrained(model, a)).orElse(plain);
    return new OwnRun(
        GgufExport.isEncoder(model) ? loader.body(model, adapter) : loader.load(model, adapter));
  }

  /** Whether it is an encoder alone, which predicts no next tokens. */
  boolean isEncoder() {
    return loaded.transformer().kind() == Transformer.Kind.ENCODER;
  }

  /** What its decoder reads where its encoder reads the ids; empty for models of one part. */
  int[] decoder(int[] ids) {
    if (loaded.transformer().kind() != Transformer.Kind.ENCODER_DECODER) {
      return new int[0];
    }
    int[] shifted = new int[ids.length];
    int pad = loaded.config().path("pad_token_id").asInt(0);
    shifted[0] = loaded.config().path("decoder_start_token_id").asInt(pad);
    System.arraycopy(ids, 0, shifted, 1, ids.length - 1);
    return shifted;
  }

  /** The longest text over which llama.cpp does the same. */
  int comparable() {
    int longest = loaded.transformer().shape().maxPositions();
    return Math.min(windowLength().orElse(longest), longest);
  }

  /** What cannot be compared of a model whose window llama.cpp does not have. */
  Optional<String> window() {
    return windowLength().stream()
        .mapToObj(
            w ->
                "texts longer than "
                    + w
                    + " tokens: llama.cpp does not have this model's sliding window, and answers"
                    + " them otherwise")
        .findFirst();
  }

  /** Gemma's and Phi-3's windows it has. */
  private OptionalInt windowLength() {
    ObjectNode config = loaded.config();
    String type = config.path("model_type").asText();
    boolean has = type.equals("mistral") || type.equals("mixtral");
    boolean may = type.startsWith("qwen") && config.path("use_sliding_window").asBoolean();
    int window = config.path("sliding_window").asInt(0);
    return (has || may) && window > 0 ? OptionalInt.of(window) : OptionalInt.empty();
  }

  /** V. */
  int vocabulary() {
    return loaded.transformer().shape().vocabulary();
  }

  /** Writes logits (T, V), of an encoder beside a decoder the decoder's, as float32. */
  void write(int[] ids, int[] decoder, Path output) {
    Asked asked = asked(ids, decoder);
    Logits.write(loaded.transformer(), new TokenIds(asked.places(), asked.tokens()), output);
  }

  /** Writes an encoder's last hidden states (T, D), before any head, as float32. */
  void writeStates(int[] ids, int[] decoder, Path output) {
    Asked asked = asked(ids, decoder);
    Transformer model = loaded.transformer();
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(asked.places());
      Tensor tokens = model.tokens(asked.tokens(), 1, asked.tokens().length);
      Tensor x = Inference.hidden(model, tokens, pass, List.of()); // (1, T, D), or (1, T + U, D)
      Tensor own = x.narrow(1, 0, ids.length);
      Tensor states = Tensors.cast(own, ScalarType.Float).contiguous(); // (1, T, D)
      long bytes = 4 * states.numel();
      AtomicFile.write(
          output,
          channel -> SafetensorsWriter.writeFully(channel, Tensors.bytes(states, 0, bytes)));
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Asked(Places places, long[] tokens) {}

  private static Asked asked(int[] ids, int[] decoder) {
    int source = decoder.length == 0 ? 0 : ids.length;
    int length = ids.length + decoder.length;
    long[] tokens = new long[length];
    for (int i = 0; i < length; i++) {
      tokens[i] = i < ids.length ? ids[i] : decoder[i - ids.length];
    }
    long[] positions =
        LongStream.range(0, length).map(i -> i < ids.length ? i : i - ids.length).toArray();
    long[] documents = new long[length];
    Arrays.fill(documents, 1);
    Places places = Places.whole(positions, documents, 1, length).withSource(source);
    return new Asked(places, tokens);
  }

  @Override
  public void close() {
    loaded.transformer().parameters().all().values().forEach(Tensors::release);
  }
}
