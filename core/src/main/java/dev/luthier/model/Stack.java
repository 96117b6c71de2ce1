package dev.luthier.model;

import dev.luthier.nn.Balance;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.nn.SoftCap;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A model put together from a family's parts. */
final class Stack implements Transformer {
  /** How tokens see one another, for each kind of block that the family has. */
  interface Views {
    List<Pass.View> of(Places places);

    /** See {@link Transformer#regime}. */
    default long regime(long length) {
      return 0;
    }

    /** What the balance of experts counts in the loss; 0 for nothing. */
    default double balance() {
      return 0;
    }
  }

  /** What stands between the last block and the head. */
  interface Finish {
    Value forward(Value x, Pass pass);
  }

  /**
   * The parts.
   *
   * @param cap c of {@code c tanh(logit / c)}; 0 for none
   * @param start the id that a decoder behind an encoder begins with; else -1
   */
  record Parts(
      Kind kind,
      Task task,
      Shape shape,
      Embedder embedder,
      List<? extends Block> blocks,
      Finish finish,
      Linear head,
      double cap,
      int start,
      Views views) {}

  private final Parts parts;
  private final Linears linears;
  private final Set<String> embedded = new HashSet<>();

  /**
   * @param linears all layers, asked for in the order embedding, blocks, head
   */
  Stack(Parts parts, Linears linears) {
    this.parts = parts;
    this.linears = linears;
    addEmbedded(linears.base());
    linears.lora().ifPresent(l -> addEmbedded(l.parameters()));
  }

  /** What is asked for before the first block belongs to the embedding. */
  private void addEmbedded(Parameters parameters) {
    for (String name : parameters.all().keySet()) {
      if (block(name) >= 0) {
        return;
      }
      embedded.add(name);
    }
  }

  private int block(String parameter) {
    for (int i = 0; i < parts.blocks.size(); i++) {
      if (parameter.startsWith(parts.blocks.get(i).weights().path() + ".")) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int stage(String parameter) {
    int block = block(parameter);
    if (block >= 0) {
      return block;
    }
    return embedded.contains(parameter) ? EMBEDDING : parts.blocks.size();
  }

  @Override
  public Value embed(Tensor tokens, Pass pass, @Nullable Tape tape) {
    return parts.embedder.forward(tokens, pass, tape);
  }

  @Override
  public List<? extends Block> blocks() {
    return parts.blocks;
  }

  @Override
  public Value finish(Value x, Pass pass) {
    return parts.finish.forward(x, pass);
  }

  @Override
  public Linear head() {
    return parts.head;
  }

  @Override
  public Value logits(Value hidden, Pass pass) {
    Value logits = parts.head.forward(finish(hidden, pass), pass);
    return parts.cap == 0 ? logits : SoftCap.forward(logits, parts.cap);
  }

  @Override
  public int logitCopies() {
    return parts.cap == 0 ? 1 : 4; // before the cap, its tanh, after it, its gradient
  }

  @Override
  public Pass pass(Places places) {
    Pass pass = new Pass(places, parts.views.of(places));
    double balance = parts.views.balance();
    return balance == 0 ? pass : pass.withBalance(new Balance(balance));
  }

  @Override
  public long regime(long length) {
    return parts.views.regime(length);
  }

  @Override
  public Parameters parameters() {
    return linears.base();
  }

  @Override
  public Optional<Parameters> adapter() {
    return linears.lora().map(LoraLayers::parameters);
  }

  @Override
  public Map<String, Linear> linears() {
    return linears.all();
  }

  @Override
  public Map<String, Linear> adapted() {
    return linears.adapted();
  }

  @Override
  public Shape shape() {
    return parts.shape;
  }

  @Override
  public Kind kind() {
    return parts.kind;
  }

  @Override
  public int decoderStart() {
    if (parts.start < 0) {
      throw new IllegalStateException("the model has no encoder with a decoder");
    }
    return parts.start;
  }

  @Override
  public Task task() {
    return parts.task;
  }
}
