package dev.luthier.export.ollama;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.ChatTemplate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A TEMPLATE for Ollama that prints what the model's own chat template prints.
 *
 * @param source in Go's template language
 * @param conversations on which both were compared byte for byte
 * @param unlike what lies outside of the proof and is not the same, in words
 */
public record ProvenTemplate(String source, int conversations, List<String> unlike) {
  private static final int SHOWN = 3;

  /** Copies the list. */
  public ProvenTemplate {
    unlike = List.copyOf(unlike);
  }

  /**
   * Learns and proves it.
   *
   * @param jinja the model's chat template
   * @param tokens {@code bos_token}, {@code eos_token}, ... and their text
   * @param bos what Ollama puts before every text, as the GGUF's {@code add_bos_token} says; empty
   *     if nothing
   * @throws LuthierException if no TEMPLATE prints the same; the message shows differences
   */
  public static ProvenTemplate of(String jinja, Map<String, String> tokens, String bos) {
    Clock day = PrintedDate.DAYS.get(0);
    Reference asked = new Reference(ChatTemplate.of(jinja), tokens, bos, day);
    List<String> unlike = new ArrayList<>();
    if (!asked.agreesOnBos()) {
      unlike.add(
          "the server puts " + bos + " before every prompt; the model's template prints none");
    }
    ChatForm form;
    try {
      form = FormProbe.learn(asked);
    } catch (FormProbe.NotLearned e) {
      throw refused(e.getMessage());
    }
    Optional<PrintedDate> date = date(asked, unlike);
    String source = TemplateWriter.write(form, date, day);
    TemplateProof proof =
        TemplateProof.of(asked.at(date.isPresent() ? PrintedDate.DAYS.get(2) : day), source);
    if (!proof.differences().isEmpty()) {
      List<String> some =
          proof.differences().subList(0, Math.min(SHOWN, proof.differences().size()));
      throw refused(
          proof.differences().size()
              + " conversations are printed otherwise, such as\n"
              + String.join("\n", some));
    }
    unlike.addAll(proof.unlike());
    return new ProvenTemplate(source, proof.equal(), unlike);
  }

  /**
   * Where a template of one's own prints something else than the model's.
   *
   * @param go in Go's template language
   * @return conversations with both texts; none if it prints the same
   */
  static List<String> differences(String jinja, Map<String, String> tokens, String bos, String go) {
    Reference asked = new Reference(ChatTemplate.of(jinja), tokens, bos, PrintedDate.DAYS.get(0));
    return TemplateProof.of(asked, go).differences();
  }

  /** The form of the date, where the text depends on the clock. */
  private static Optional<PrintedDate> date(Reference asked, List<String> unlike) {
    Talk talk = Talk.marked(Role.USER);
    String first = asked.prompt(talk).orElse("");
    if (first.equals(asked.at(PrintedDate.DAYS.get(1)).prompt(talk).orElse(""))) {
      return Optional.empty();
    }
    Optional<PrintedDate> form = PrintedDate.in(first, asked.clock());
    unlike.add(
        form.isPresent()
            ? "the date: TEMPLATE reads it with currentDate, which Ollama has since 0.11"
            : "the date: TEMPLATE cannot print it in the template's form; it stays at "
                + "2031-11-23");
    return form;
  }

  private static LuthierException refused(@Nullable String why) {
    return new LuthierException(
        "Ollama's template language has no TEMPLATE that prints what the model's chat template"
            + " prints: "
            + why
            + "\nServe the GGUF with llama.cpp or luthier serve, which run the template itself, or"
            + " write a TEMPLATE of your own and give it as --template FILE."
            + " See docs/troubleshooting.md#ollama-template");
  }
}
