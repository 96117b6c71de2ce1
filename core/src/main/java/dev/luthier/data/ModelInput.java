package dev.luthier.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.format.HfFolder;
import dev.luthier.model.Families;
import dev.luthier.model.Family;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * How rows become batches for a model: a decoder goes on with texts and conversations, an encoder
 * guesses masked tokens of texts, and of an encoder with a decoder the one reads prompts and the
 * other writes answers.
 *
 * @param kind of model
 * @param tokenizer the model's
 * @param start the id that a decoder behind an encoder begins with; else -1
 */
public record ModelInput(Transformer.Kind kind, Tokenizer tokenizer, int start) {
  /** By a model's configuration; a folder that has but a tokenizer is taken for a decoder's. */
  public static ModelInput of(Path model, Tokenizer tokenizer) {
    if (Files.isDirectory(model) && !Files.exists(model.resolve(HfFolder.CONFIG))) {
      return new ModelInput(Transformer.Kind.DECODER, tokenizer, -1);
    }
    return of(HfFolder.config(model), HfFolder.configName(model), tokenizer);
  }

  /**
   * By a configuration.
   *
   * @param where the file, for messages
   */
  public static ModelInput of(ObjectNode config, String where, Tokenizer tokenizer) {
    Family family = Families.of(config, where);
    return new ModelInput(family.kind(), tokenizer, family.decoderStart(config));
  }

  /** Whether short rows can share a sequence. */
  public boolean packs() {
    return kind != Transformer.Kind.ENCODER_DECODER;
  }

  /**
   * Encodes rows.
   *
   * @param chat the template; empty to do without
   * @param data which tokens of a decoder carry a loss, and how long an answer may be
   * @param stopIds further ids that end generation
   * @throws LuthierException if the tokenizer lacks what the model needs
   */
  public RowEncoder encoder(Optional<ChatEncoder> chat, DataSettings data, Set<Integer> stopIds) {
    return switch (kind) {
      case DECODER -> new SftEncoder(tokenizer, chat, data.trainOn(), data.trainOnEnd(), stopIds);
      case ENCODER -> new MaskedEncoder(tokenizer);
      case ENCODER_DECODER -> new SourceTargetEncoder(tokenizer, chat, data.answerLength());
    };
  }

  /** Encodes rows to ask: every answer counts, however long. */
  public RowEncoder encoder(Optional<ChatEncoder> chat, Set<Integer> stopIds) {
    return kind == Transformer.Kind.DECODER
        ? new SftEncoder(tokenizer, chat, TrainOn.ASSISTANT, TrainOnEnd.TURN, stopIds)
        : encoder(chat, DataSettings.defaults(), stopIds);
  }

  /**
   * Makes batches of encoded rows.
   *
   * @param padToMultiple lengths are rounded up to a multiple of this
   * @param seed of the masks
   */
  public BatchMaker batches(int padToMultiple, MaskSettings mask, long seed) {
    int pad = tokenizer.padId().orElse(tokenizer.eosId().orElse(0));
    return switch (kind) {
      case DECODER -> new Collator(pad, padToMultiple);
      case ENCODER -> new MaskedCollator(tokenizer, mask, padToMultiple, seed);
      case ENCODER_DECODER -> new SourceTargetCollator(pad, start, padToMultiple);
    };
  }
}
