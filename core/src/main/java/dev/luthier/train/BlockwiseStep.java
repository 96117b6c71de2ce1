package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.model.Block;
import dev.luthier.model.Decoder;
import dev.luthier.nn.Pass;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Forward and backward over one micro-batch, block by block.
 *
 * <ol>
 *   <li>Forward without gradients, keeping each block's input (B, T, D).
 *   <li>Head and loss over label tokens, in chunks.
 *   <li>Backward from the last block to the first: a block is recomputed with gradients on, gives
 *       its parameters' gradients and that of its input, and is forgotten.
 * </ol>
 *
 * <p>Activation memory is thus one (B, T, D) per block and the working set of a single block (Chen
 * et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174). Without recomputation
 * the blocks' graphs are kept instead: a third less work, for much more memory.
 */
public final class BlockwiseStep {
  private static final Pattern LAYER = Pattern.compile("\\.(\\d+)\\.");
  private static final int EMBEDDING = -1;

  private final Decoder model;
  private final WeightSource weights;
  private final Head head;
  private final Device device;
  private final boolean recompute;
  private final int lowestTrained;

  /**
   * @param recompute whether blocks are computed again on the way back rather than kept
   */
  public BlockwiseStep(Decoder model, WeightSource weights, boolean recompute) {
    this.model = model;
    this.weights = weights;
    this.head = new Head(model);
    this.device = model.parameters().device();
    this.recompute = recompute;
    this.lowestTrained = lowestTrained(model);
  }

  /**
   * Adds the gradient of {@code scale * loss} to the trainable parameters' gradients.
   *
   * @param scale 1 / the sum of the label weights in the whole optimizer step
   * @param seed names this micro-batch: the run's seed, the step and the micro-batch, mixed;
   *     dropout follows from it
   * @return the sum of the loss over label tokens, unscaled, in nats
   */
  public double forwardBackward(Batch batch, Objective objective, double scale, long seed) {
    try (PointerScope scope = new PointerScope()) {
      Pass pass = pass(batch);
      Tensor tokens = tokens(batch);
      Tensor[] inputs = new Tensor[model.blocks().size()];
      Tensor[] outputs = new Tensor[inputs.length];
      Tensor x = forward(tokens, pass, seed, inputs, outputs, scope);
      Tensor[] gradient = new Tensor[1];
      double loss =
          headBackward(x, batch, objective, dropout(pass, seed, inputs.length), scale, gradient);
      backward(tokens, pass, seed, inputs, outputs, gradient[0], scope);
      return loss;
    }
  }

  private Tensor forward(
      Tensor tokens, Pass pass, long seed, Tensor[] inputs, Tensor[] outputs, PointerScope scope) {
    Tensor x;
    try (Grad off = Grad.off()) {
      x = model.embed(tokens); // (B, T, D)
    }
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = x;
      try (PointerScope inner = new PointerScope();
          Grad mode = recompute || i < lowestTrained ? Grad.off() : Grad.on()) {
        if (!recompute && i >= lowestTrained) {
          inputs[i] = Tensors.keep(leaf(x, i), scope);
        }
        Tensor y = weights.acquire(i).forward(inputs[i], dropout(pass, seed, i));
        outputs[i] = Tensors.keep(y, scope);
        x = Tensors.keep(y.detach(), scope);
        weights.release(i, false);
      }
    }
    return x;
  }

  private double headBackward(
      Tensor x, Batch batch, Objective objective, Pass pass, double scale, Tensor[] gradient) {
    LabelTokens labels = LabelTokens.of(batch);
    Tensor leaf = x.detach().set_requires_grad(true);
    Tensor selected;
    try (Grad on = Grad.on()) {
      selected = select(model.norm(leaf), labels); // (N, D)
    }
    Tensor dSelected = torch.empty_like(selected.detach());
    double loss = head.loss(selected.detach(), labels, objective, pass, dSelected, scale);
    run(selected, dSelected);
    gradient[0] = leaf.grad();
    return loss;
  }

  private void backward(
      Tensor tokens,
      Pass pass,
      long seed,
      Tensor[] inputs,
      Tensor[] outputs,
      Tensor gradient,
      PointerScope scope) {
    Tensor dy = gradient;
    for (int i = inputs.length - 1; i >= Math.max(0, lowestTrained); i--) {
      try (PointerScope inner = new PointerScope()) {
        Block block = weights.acquire(i);
        Tensor in = inputs[i];
        Tensor y = outputs[i];
        if (recompute) {
          in = leaf(inputs[i], i);
          try (Grad on = Grad.on()) {
            y = block.forward(in, dropout(pass, seed, i));
          }
        }
        run(y, dy);
        if (in.requires_grad()) {
          dy = Tensors.keep(new Tensor(in.grad()), scope);
        }
        weights.release(i, true);
      }
    }
    if (lowestTrained == EMBEDDING) {
      try (Grad on = Grad.on()) {
        run(model.embed(tokens), dy);
      }
    }
  }

  /** A block's input as a leaf; it needs a gradient unless nothing below the block is trained. */
  private Tensor leaf(Tensor x, int block) {
    return x.detach().set_requires_grad(block > lowestTrained);
  }

  private static void run(Tensor y, Tensor dy) {
    y.backward(dy, new BoolOptional(), false, new TensorArrayRefOptional());
  }

  /**
   * The log-probs (N) of the batch's label tokens, float32, without gradients or dropout; they
   * belong to the caller's scope.
   */
  public Tensor logProbs(Batch batch) {
    return withHidden(batch, (hidden, labels, pass) -> head.logProbs(hidden, labels, pass));
  }

  /**
   * The log-probs of the batch's label tokens and, below them, 1 where greedy decoding would give
   * the label and 0 elsewhere: (2, N), float32, without gradients or dropout; they belong to the
   * caller's scope.
   */
  public Tensor scores(Batch batch) {
    return withHidden(batch, (hidden, labels, pass) -> head.scores(hidden, labels, pass));
  }

  /** The first stage of the model whose output over this batch is not finite. */
  public Optional<String> firstNotFinite(Batch batch) {
    try (PointerScope outer = new PointerScope();
        Grad off = Grad.off()) {
      Pass pass = pass(batch);
      Tensor x = model.embed(tokens(batch));
      if (!Tensors.allFinite(x)) {
        return Optional.of("the embedding");
      }
      for (int i = 0; i < model.blocks().size(); i++) {
        x = weights.acquire(i).forward(x, pass);
        weights.release(i, false);
        if (!Tensors.allFinite(x)) {
          return Optional.of("block " + i);
        }
      }
      return Tensors.allFinite(model.norm(x)) ? Optional.empty() : Optional.of("the final norm");
    }
  }

  /** What is done with the normed hidden states (N, D) of the label tokens. */
  private interface HiddenVisitor {
    Tensor visit(Tensor hidden, LabelTokens labels, Pass pass);
  }

  private Tensor withHidden(Batch batch, HiddenVisitor visitor) {
    Tensor result;
    try (PointerScope outer = new PointerScope();
        Grad off = Grad.off()) {
      Pass pass = pass(batch);
      Tensor x = model.embed(tokens(batch));
      for (int i = 0; i < model.blocks().size(); i++) {
        try (PointerScope inner = new PointerScope()) {
          x = Tensors.keep(weights.acquire(i).forward(x, pass), outer);
          weights.release(i, false);
        }
      }
      LabelTokens labels = LabelTokens.of(batch);
      result = visitor.visit(select(model.norm(x), labels), labels, pass);
      result.retainReference();
    }
    return attachToInnermost(result);
  }

  private static Tensor attachToInnermost(Tensor pinned) {
    PointerScope scope = PointerScope.getInnerScope();
    if (scope != null) {
      Tensors.keep(pinned, scope);
      pinned.releaseReference();
    }
    return pinned;
  }

  private Tensor select(Tensor hidden, LabelTokens labels) {
    return hidden
        .reshape(-1, hidden.size(-1))
        .index_select(0, Tensors.longs(labels.at(), device, labels.count()));
  }

  private Tensor tokens(Batch batch) {
    return Tensors.longs(batch.tokens(), device, batch.rows(), batch.length());
  }

  private Pass pass(Batch batch) {
    return model.pass(batch.positions(), batch.documents(), batch.rows(), batch.length());
  }

  private static Pass dropout(Pass pass, long seed, int block) {
    return pass.withDropout(Seeds.generator(seed, block));
  }

  /**
   * The lowest block with a trainable parameter; -1 for the embedding, the number of blocks for the
   * head alone.
   */
  private static int lowestTrained(Decoder model) {
    int lowest = model.blocks().size();
    for (String name : Trainables.of(model).keySet()) {
      if (name.contains("embed")) {
        return EMBEDDING;
      }
      Matcher m = LAYER.matcher(name);
      if (m.find()) {
        lowest = Math.min(lowest, Integer.parseInt(m.group(1)));
      }
    }
    return lowest;
  }
}
