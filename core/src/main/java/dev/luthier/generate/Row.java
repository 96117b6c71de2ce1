package dev.luthier.generate;

import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request while it is decoded. */
final class Row {
  final int request;
  private final GenerateSettings settings;
  private final GenerateListener listener;
  private final Set<Integer> stopIds;
  private final int contextLimit;
  private final Sampler sampler;
  private final SplitMix64 random;
  private final TokenHistory history;
  private final TextStream text;
  private final int promptTokens;
  private @Nullable StopReason ended;

  Row(
      int request,
      GenerateRequest of,
      Tokenizer tokenizer,
      Set<Integer> stopIds,
      Transformer model,
      GenerateListener listener) {
    this.request = request;
    this.settings = of.settings();
    this.listener = listener;
    this.stopIds = stopIds;
    this.contextLimit = settings.exceedContext() ? Integer.MAX_VALUE : model.shape().maxPositions();
    this.sampler = Sampler.of(settings.sampling(), stopIds);
    this.random = new SplitMix64(settings.seed());
    // What an encoder reads is no part of the text that goes on.
    int[] before =
        model.kind() == Transformer.Kind.ENCODER_DECODER
            ? new int[] {model.decoderStart()}
            : of.prompt();
    this.history = new TokenHistory(before);
    this.text = new TextStream(tokenizer, before, settings.stop());
    this.promptTokens = of.prompt().length;
  }

  /** Chooses and appends a token; returns it. */
  int choose(float[] scores) {
    int id = sampler.next(scores, history, random);
    history.add(id);
    String piece = text.next(id);
    listener.token(request, id, piece);
    if (stopIds.contains(id) || text.stopped()) {
      end(StopReason.STOP);
    } else if (history.generated() >= settings.maxNewTokens()) {
      end(StopReason.LENGTH);
    } else if (history.length() >= contextLimit) {
      end(StopReason.CONTEXT);
    }
    return id;
  }

  /** Ends the text here. */
  void end(StopReason reason) {
    ended = reason;
    String rest = text.finish();
    if (!rest.isEmpty()) {
      listener.token(request, GenerateListener.NO_TOKEN, rest);
    }
    if (text.stopped()) {
      ended = StopReason.STOP;
    }
    listener.ended(request, result());
  }

  boolean isEnded() {
    return ended != null;
  }

  Generation result() {
    StopReason reason = ended == null ? StopReason.CANCELLED : ended;
    return new Generation(text.text(), history.generatedIds(), promptTokens, reason);
  }
}
