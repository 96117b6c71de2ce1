package dev.luthier.recipe;

import dev.luthier.data.DataReport;
import dev.luthier.data.Refusal;
import dev.luthier.train.TrainListener;
import java.util.Locale;

/** What a run says of its data before it begins. */
final class DataMessages {
  private DataMessages() {}

  static void describe(DataReport r, TrainListener listener) {
    listener.message(
        String.format(
            Locale.ROOT,
            "data: %,d of %,d rows, %,d tokens, %,d trained; lengths %d to %d, median %d",
            r.usedRows(),
            r.rows(),
            r.tokens(),
            r.trainedTokens(),
            r.lengths().shortest(),
            r.lengths().longest(),
            r.lengths().median()));
    if (!r.refused().isEmpty()) {
      listener.message(
          "data: refused rows " + r.refused().stream().limit(10).map(Refusal::line).toList());
    }
    if (r.overflow().rows() > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "data: %,d rows are longer than %,d tokens; %,d trained tokens of them are lost",
              r.overflow().rows(),
              r.overflow().maxLength(),
              r.overflow().lostTrainedTokens()));
    }
    if (r.unknownShare() > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "data: %.2f %% of the trained tokens are the tokenizer's unknown token",
              100 * r.unknownShare()));
    }
    if (r.templateDrops() > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "data: of %,d rows the chat template leaves messages, tool calls or tools out; luthier"
                  + " data check lists them",
              r.templateDrops()));
    }
    if (r.rowsWithoutStop() > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "data: %,d rows (%.1f %%) do not end in a trained stop token; from them the model does"
                  + " not learn to stop",
              r.rowsWithoutStop(),
              100 * (1 - r.stopShare())));
    }
  }
}
