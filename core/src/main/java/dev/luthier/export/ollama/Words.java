package dev.luthier.export.ollama;

import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a model is spoken to.
 *
 * @param tokenizer for the texts of special tokens
 * @param jinja the model's chat template, if it has one
 * @param own a file with a TEMPLATE of the user's own, instead of a learned one
 */
record Words(Tokenizer tokenizer, Optional<String> jinja, Optional<Path> own) {
  /** Without a chat template the text goes to the model as it is. */
  private static final String PLAIN = "{{ .Prompt }}";

  /**
   * A TEMPLATE.
   *
   * @param proven what is known of it, if it is a learned one
   * @param notes what is to be known about it
   */
  record Template(String source, Optional<ProvenTemplate> proven, List<String> notes) {
    Template {
      notes = List.copyOf(notes);
    }
  }

  /**
   * The TEMPLATE.
   *
   * @param addsBos whether the server puts the BOS before every text
   */
  Template template(boolean addsBos) {
    String bos = addsBos ? tokenizer.bosToken().orElse("") : "";
    Map<String, String> tokens = tokenizer.specialTokensForTemplate();
    if (own.isPresent()) {
      String source = OllamaExport.read(own.get());
      return new Template(source, Optional.empty(), compared(source, tokens, bos));
    }
    if (jinja.isEmpty()) {
      return new Template(
          PLAIN,
          Optional.empty(),
          List.of("the model has no chat template: Ollama gives it the text as it is"));
    }
    ProvenTemplate proven = ProvenTemplate.of(jinja.get(), tokens, bos);
    return new Template(proven.source(), Optional.of(proven), proven.unlike());
  }

  /** A template of the user's own is compared too, but taken in any case. */
  private List<String> compared(String source, Map<String, String> tokens, String bos) {
    List<String> notes = new ArrayList<>();
    jinja
        .map(j -> ProvenTemplate.differences(j, tokens, bos, source))
        .filter(differences -> !differences.isEmpty())
        .ifPresent(
            d ->
                notes.add(
                    own.map(Path::toString).orElse("")
                        + " prints "
                        + d.size()
                        + " of the test conversations otherwise than the model's chat template,"
                        + " such as\n"
                        + d.get(0)));
    return notes;
  }
}
