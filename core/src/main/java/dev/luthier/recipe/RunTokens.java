package dev.luthier.recipe;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.NewTokens;
import dev.luthier.tokenizer.NewTokens.NewToken;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerFiles;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A run's tokenizer: the model's, with the tokens that are new to the model.
 *
 * @param model the base model's folder
 * @param asked the texts of {@code tokens.add}
 * @param tokenizer with them
 * @param added those that the model's tokenizer did not have
 * @param ids whose rows are new, ascending: theirs, and of those that the tokenizer had beyond the
 *     embedding
 */
record RunTokens(
    Path model, List<String> asked, Tokenizer tokenizer, List<NewToken> added, List<Integer> ids) {
  private static final int MOST_NAMED = 5;

  /**
   * Reads the tokenizer.
   *
   * @throws UsageException if the settings name rows that no token has
   * @throws LuthierException if tokens of the model's have no row in its embedding, and are not
   *     among those to add
   */
  static RunTokens of(Path model, TokenSettings settings) {
    NewTokens.Extended extended = NewTokens.extend(model, settings.add());
    Tokenizer tokenizer = extended.tokenizer();
    int rows = ModelLoader.vocabulary(model);
    List<Integer> ids =
        settings.add().stream()
            .map(text -> tokenizer.idOf(text).orElseThrow())
            .filter(id -> id >= rows || extended.added().stream().anyMatch(t -> t.id() == id))
            .sorted()
            .toList();
    requireRows(model, tokenizer, rows, ids);
    return new RunTokens(model, settings.add(), tokenizer, extended.added(), ids);
  }

  private static void requireRows(Path model, Tokenizer tokenizer, int rows, List<Integer> given) {
    List<Integer> without =
        IntStream.range(rows, tokenizer.vocabSize())
            .filter(id -> tokenizer.isToken(id) && !given.contains(id))
            .boxed()
            .toList();
    if (without.isEmpty()) {
      return;
    }
    String named =
        without.stream()
            .limit(MOST_NAMED)
            .map(id -> "\"" + tokenizer.token(id) + "\" (" + id + ")")
            .collect(Collectors.joining(", "));
    throw new LuthierException(
        model
            + ": the tokenizer is larger than the embedding, which has "
            + rows
            + " rows: "
            + named
            + (without.size() > MOST_NAMED ? " and " + (without.size() - MOST_NAMED) + " more" : "")
            + " have none. Name them in tokens.add to train rows for them, or use the tokenizer"
            + " that the model was made with. See docs/troubleshooting.md#tokenizer-larger");
  }

  /** The adapter's settings, which train the new rows as well. */
  LoraSettings over(LoraSettings lora) {
    for (int id : lora.trainableTokenIndices()) {
      if (id >= tokenizer.vocabSize()) {
        throw new UsageException(
            "lora.trainableTokenIndices names "
                + id
                + ", but the tokenizer's ids end at "
                + (tokenizer.vocabSize() - 1));
      }
    }
    return ids.isEmpty() ? lora : lora.training(ids);
  }

  /** Says what was added. */
  void describe(TrainListener listener) {
    if (!asked.isEmpty()) {
      List<String> words = new ArrayList<>();
      for (NewToken token : added) {
        words.add(
            token.text()
                + " "
                + token.id()
                + token.reserved().map(old -> " (was " + old + ")").orElse(""));
      }
      int known = asked.size() - added.size();
      listener.message(
          "new tokens: "
              + (words.isEmpty() ? "none" : String.join(", ", words))
              + (known > 0 ? "; the tokenizer has " + known + " of them already" : ""));
    }
  }

  /**
   * Writes what a run made, with the tokenizer and what generation needs.
   *
   * @param template as the data settings name it
   * @param generation of the base
   * @param turnEnds ids of the tokens that close the assistant's turns
   */
  void writeResult(
      Path target,
      TrainFiles files,
      String template,
      GenerationConfig generation,
      Set<Integer> turnEnds) {
    files.writeResult(target, ModelFiles.storedDtype(model));
    carry(target);
    ChatTemplates.source(template)
        .ifPresent(source -> AtomicFile.writeText(target.resolve(HfFolder.CHAT_TEMPLATE), source));
    Set<Integer> stops = new LinkedHashSet<>(generation.eosTokenIds());
    tokenizer.eosId().ifPresent(stops::add);
    stops.addAll(turnEnds);
    ObjectNode json = generation.file();
    ArrayNode ids = json.putArray("eos_token_id");
    stops.forEach(ids::add);
    Json.write(target.resolve(HfFolder.GENERATION_CONFIG), json);
  }

  /** Writes the tokenizer's files. */
  void carry(Path to) {
    if (added.isEmpty()) {
      TokenizerFiles.carry(model, to);
    } else {
      NewTokens.add(model, asked, to);
    }
  }
}
