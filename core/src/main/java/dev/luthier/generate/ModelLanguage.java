package dev.luthier.generate;

import dev.luthier.LuthierException;
import dev.luthier.format.HfFolder;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a model is spoken to. Each part comes from the adapter's folder where that has it, since an
 * adapter may have been trained with a tokenizer or template of its own, else from the model's.
 *
 * @param tokenizer text to ids
 * @param chat conversations to ids; empty where there is no template, or none is wanted
 * @param defaults what ends a text, and how the files recommend to sample
 */
public record ModelLanguage(
    Tokenizer tokenizer, Optional<ChatEncoder> chat, GenerateDefaults defaults) {

  /**
   * Reads the folders' files; the weights are not looked at.
   *
   * @param raw whether to do without a chat template
   * @throws LuthierException when a folder is not what it is said to be, or a file is malformed
   */
  public static ModelLanguage read(Path model, Optional<Path> adapter, boolean raw) {
    List<Path> folders = new ArrayList<>();
    adapter.map(HfFolder::adapter).ifPresent(folders::add);
    folders.add(HfFolder.model(model));
    Tokenizer tokenizer =
        Tokenizer.load(adapter.filter(a -> TokenizerSource.in(a).isPresent()).orElse(model));
    Optional<ChatEncoder> chat = raw ? Optional.empty() : ChatTemplates.encoder(tokenizer, folders);
    return new ModelLanguage(
        tokenizer, chat, GenerateDefaults.read(model, adapter, tokenizer, chat));
  }
}
