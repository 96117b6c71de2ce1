package dev.luthier.export;

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
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The model that was exported, on our engine, in float32. */
final class OwnRun implements AutoCloseable {
  private final LoadedModel loaded;

  private OwnRun(LoadedModel loaded) {
    this.loaded = loaded;
  }

  /**
   * Loads it. Where it would take more than half of the memory, its matrices stay on the disk.
   *
   * @param parameters numbers in the model
   */
  static OwnRun open(Path model, Optional<Path> adapter, long parameters) {
    boolean stream = 4 * parameters > Memory.total() / 2;
    ModelLoader loader =
        new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.empty(), stream);
    return new OwnRun(loader.load(model, adapter));
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

  /** The longest text. */
  int contextLength() {
    return loaded.transformer().shape().maxPositions();
  }

  /** Writes logits (T, V), or of an encoder the last hidden states (T, D), as float32. */
  void write(int[] ids, int[] decoder, Path output) {
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
    if (isEncoder()) {
      writeHidden(tokens, places, output);
    } else {
      Logits.write(loaded.transformer(), new TokenIds(places, tokens), output);
    }
  }

  private void writeHidden(long[] tokens, Places places, Path output) {
    Transformer model = loaded.transformer();
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(places);
      Tensor x = Inference.hidden(model, model.tokens(tokens, 1, tokens.length), pass, List.of());
      Tensor states = Inference.finished(model, x, pass).contiguous(); // (1, T, D)
      long bytes = 4 * states.numel();
      AtomicFile.write(
          output,
          channel -> SafetensorsWriter.writeFully(channel, Tensors.bytes(states, 0, bytes)));
    }
  }

  @Override
  public void close() {
    loaded.transformer().parameters().all().values().forEach(Tensors::release);
  }
}
