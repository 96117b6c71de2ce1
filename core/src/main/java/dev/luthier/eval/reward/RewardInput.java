package dev.luthier.eval.reward;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Collator;
import dev.luthier.data.DataSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.data.RewardBatches;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.labels.EncoderAnswers;
import dev.luthier.data.labels.LabelEncoder;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import java.time.Clock;
import java.util.Set;

/**
 * How a reward model reads answers: a decoder as its chat template writes them, an encoder as the
 * second of two texts.
 *
 * @param tokenizer the model's
 * @param kind of the model
 * @param labels an encoder's pairs of texts
 */
public record RewardInput(Tokenizer tokenizer, Transformer.Kind kind, LabelEncoder labels) {
  /** Answers longer than that are cut by nobody but {@code data.overflow}. */
  private static final int ANY = Integer.MAX_VALUE;

  /**
   * By a model's configuration.
   *
   * @param where the file, for messages
   * @throws LuthierException if it is an encoder with a decoder
   */
  public static RewardInput of(ObjectNode config, String where, Tokenizer tokenizer) {
    Transformer.Kind kind = ModelInput.of(config, where, tokenizer).kind();
    if (kind == Transformer.Kind.ENCODER_DECODER) {
      throw new LuthierException(
          where
              + " is of an encoder with a decoder, which has no place for a score: take a decoder or"
              + " an encoder. See docs/reward.md#models");
    }
    return new RewardInput(tokenizer, kind, new LabelEncoder(tokenizer, kind, config, ANY));
  }

  /**
   * Encodes a single answer with its prompt.
   *
   * @param clock for templates that print the date
   */
  public RowEncoder encoder(DataSettings data, Clock clock) {
    if (kind == Transformer.Kind.ENCODER) {
      return new EncoderAnswers(labels, tokenizer);
    }
    return new ModelInput(kind, tokenizer, -1)
        .encoder(ChatTemplates.encoder(tokenizer, data.template(), clock), data, Set.of());
  }

  /**
   * Makes batches of documents.
   *
   * @param padToMultiple lengths are rounded up to a multiple of this
   */
  public RewardBatches batches(int padToMultiple) {
    int pad = tokenizer.padId().orElse(tokenizer.eosId().orElse(0));
    return new RewardBatches(new Collator(pad, padToMultiple), kind, labels.hasSegments());
  }
}
