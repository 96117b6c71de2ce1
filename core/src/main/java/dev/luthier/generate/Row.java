package dev.luthier.generate;

import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One text while it is decoded: chooses its tokens, and tells a listener what they read as and when
 * it ends. Not for several threads.
 */
public final class Row {
  final int request;
  private final GenerateSettings settings;
  private final Optional<TokenConstraint> constraint;
  private final GenerateListener listener;
  private final Set<Integer> stopIds;
  private final int contextLimit;
  private final Sampler sampler;
  private final SplitMix64 random;
  private final TokenHistory history;
  private final TextStream text;
  private final int promptTokens;
  private @Nullable StopReason ended;

  /**
   * A text that goes on from its prompt.
   *
   * @param contextLimit the most tokens of prompt and answer
   */
  public Row(
      int request,
      GenerateRequest of,
      Tokenizer tokenizer,
      Set<Integer> stopIds,
      int contextLimit,
      GenerateListener listener) {
    this(request, of.prompt(), of, tokenizer, stopIds, contextLimit, listener);
  }

  Row(
      int request,
      GenerateRequest of,
      Tokenizer tokenizer,
      Set<Integer> stopIds,
      Transformer model,
      GenerateListener listener) {
    this(
        request,
        // What an encoder reads is no part of the text that goes on.
        model.kind() == Transformer.Kind.ENCODER_DECODER
            ? new int[] {model.decoderStart()}
            : of.prompt(),
        of,
        tokenizer,
        stopIds,
        of.settings().exceedContext() ? Integer.MAX_VALUE : model.shape().maxPositions(),
        listener);
  }

  private Row(
      int request,
      int[] before,
      GenerateRequest of,
      Tokenizer tokenizer,
      Set<Integer> stopIds,
      int contextLimit,
      GenerateListener listener) {
    this.request = request;
    this.settings = of.settings();
    this.constraint = of.constraint();
    this.listener = listener;
    this.stopIds = stopIds;
    this.contextLimit = contextLimit;
    this.sampler = Sampler.of(settings.sampling(), stopIds);
    this.random = new SplitMix64(settings.seed());
    this.history = new TokenHistory(before);
    this.text = new TextStream(tokenizer, before, settings.stop());
    this.promptTokens = of.prompt().length;
  }

  /**
   * Chooses and appends a token, and ends the text where it must.
   *
   * @param scores (V) logits, changed in place
   * @return its id
   */
  public int choose(float[] scores) {
    constraint.ifPresent(form -> form.restrict(scores));
    int id = sampler.next(scores, history, random);
    constraint.ifPresent(form -> form.accept(id));
    history.add(id);
    String piece = text.next(id);
    listener.token(request, id, piece);
    if (stopIds.contains(id) || !text.stop().isEmpty()) {
      end(StopReason.STOP);
    } else if (history.generated() >= settings.maxNewTokens()) {
      end(StopReason.LENGTH);
    } else if (history.length() >= contextLimit) {
      end(StopReason.CONTEXT);
    }
    return id;
  }

  /** Ends the text here. */
  public void end(StopReason reason) {
    ended = reason;
    String rest = text.finish();
    if (!rest.isEmpty()) {
      listener.token(request, GenerateListener.NO_TOKEN, rest);
    }
    if (!text.stop().isEmpty()) {
      ended = StopReason.STOP;
    }
    listener.ended(request, result());
  }

  /** Whether it has ended. */
  public boolean isEnded() {
    return ended != null;
  }

  /** The stop string that ended it; empty if none did. */
  public String stop() {
    return text.stop();
  }

  /** Prompt and answer so far. */
  public TokenHistory history() {
    return history;
  }

  /** The text so far. */
  public Generation result() {
    StopReason reason = ended == null ? StopReason.CANCELLED : ended;
    return new Generation(text.text(), history.generatedIds(), promptTokens, reason);
  }
}
