package dev.luthier.train;

import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What is to be expected from a token on, learnt beside a language model: {@code v = w h + b} of
 * the hidden states h behind the final norm. It begins at 0, so that it does not disturb the model
 * before it has learnt something. The names of its two tensors are those of TRL's {@code
 * AutoModelForCausalLMWithValueHead}.
 */
public final class ValueHead {
  /** Its file, beside the weights that it was trained with. */
  public static final String FILE = "value_head.safetensors";

  private final Transformer model;
  private final Parameters parameters;
  private final Linear linear;

  /** A new one over a model. */
  public ValueHead(Transformer model) {
    this.model = model;
    this.parameters =
        new Parameters(
            new RandomSource(0, 0),
            model.parameters().compute(),
            model.parameters().device(),
            name -> true);
    this.linear =
        new Linears(parameters, Optional.empty())
            .scores("v_head.summary", model.shape().hidden(), 1, true);
  }

  /** Its parameters, float32. */
  public Map<String, Tensor> trainable() {
    return parameters.trainable();
  }

  /** Writes it into a folder. */
  public void write(Path folder) {
    TensorFiles.write(folder.resolve(FILE), trainable(), Map.of("format", "pt"));
  }

  /** Reads back what {@link #write} wrote. */
  public void read(Path folder) {
    TensorFiles.readInto(folder.resolve(FILE), trainable());
  }

  /**
   * Values, without gradients.
   *
   * @param hidden (N, D), as the last block gives them
   * @return (N), float32
   */
  Tensor values(Tensor hidden, Pass pass) {
    return Tensors.cast(forward(Value.of(hidden), pass).tensor(), ScalarType.Float).squeeze(1);
  }

  /**
   * The way back.
   *
   * @param hidden (N, D)
   * @param values the loss's gradient by them, (N)
   * @param gradient (N, D), which that of the hidden states is added to
   */
  void backward(Tensor hidden, Pass pass, Tensor values, Tensor gradient) {
    Tape tape = new Tape();
    Value leaf = tape.leaf(hidden, true);
    Value out = forward(leaf, pass);
    tape.backward(out, Tensors.cast(values.unsqueeze(1), Tensors.dtype(hidden)));
    gradient.add_(leaf.gradient());
  }

  private Value forward(Value hidden, Pass pass) {
    return linear.forward(model.finish(hidden, pass), pass);
  }
}
