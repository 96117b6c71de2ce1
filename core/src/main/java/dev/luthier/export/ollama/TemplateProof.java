package dev.luthier.export.ollama;

import static dev.luthier.export.ollama.Role.ASSISTANT;
import static dev.luthier.export.ollama.Role.SYSTEM;
import static dev.luthier.export.ollama.Role.USER;

import dev.luthier.export.gotemplate.GoTemplate;
import dev.luthier.export.gotemplate.GoTemplateException;
import dev.luthier.export.gotemplate.OllamaTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds a TEMPLATE to the model's own template, byte for byte, on conversations of one to four
 * turns, with a system message and without, whose contents have white space at their ends, line
 * breaks, quotes, braces, markup and letters beyond ASCII.
 *
 * @param equal conversations on which both print the same
 * @param differences conversations on which they do not, with both texts; none if it is proven
 * @param unlike what lies outside of the proof and is not the same, in words
 */
record TemplateProof(int equal, List<String> differences, List<String> unlike) {
  private static final List<String> CONTENTS =
      List.of(
          "Hello",
          " leading",
          "trailing \n",
          "\n\tboth\n\n",
          "line\nbreak\n\nparagraph",
          "quotes \" ' ` \"\"\"",
          "{{ .Content }} {% if x %} {braces} }}",
          "Größe 🙂 日本",
          "<b>&amp;</b> \\n \\u00e9 %s");

  TemplateProof {
    differences = List.copyOf(differences);
    unlike = List.copyOf(unlike);
  }

  /** Compares the two. */
  static TemplateProof of(Reference reference, String template) {
    Check check = new Check(reference, OllamaTemplate.of(template, reference.clock()));
    for (int first = 0; first < CONTENTS.size(); first++) {
      for (int turns = 1; turns <= 4; turns++) {
        check.must(talk(false, turns, first));
        check.must(talk(true, turns, first));
      }
    }
    check.outside();
    return new TemplateProof(check.equal, check.differences, check.unlike);
  }

  /** A conversation that asks for an answer. */
  private static Talk talk(boolean system, int turns, int first) {
    List<Talk.Turn> out = new ArrayList<>();
    if (system) {
      out.add(new Talk.Turn(SYSTEM, content(first + turns)));
    }
    for (int i = 0; i < 2 * turns - 1; i++) {
      out.add(new Talk.Turn(i % 2 == 0 ? USER : ASSISTANT, content(first + i)));
    }
    return new Talk(out);
  }

  private static String content(int i) {
    return CONTENTS.get(i % CONTENTS.size());
  }

  /** Collects what was found. */
  private static final class Check {
    private final Reference reference;
    private final OllamaTemplate template;
    private int equal;
    private final List<String> differences = new ArrayList<>();
    private final List<String> unlike = new ArrayList<>();
    private boolean refusesSystem;

    Check(Reference reference, OllamaTemplate template) {
      this.reference = reference;
      this.template = template;
    }

    private void must(Talk talk) {
      Optional<String> expected = reference.prompt(talk);
      if (expected.isEmpty()) {
        if (talk.turns().get(0).role() == SYSTEM && !refusesSystem) {
          refusesSystem = true;
          unlike.add("the model's template refuses system messages; TEMPLATE leaves them out");
        } else if (talk.turns().get(0).role() != SYSTEM) {
          differences.add(talk + "\n  Jinja: refused");
        }
        return;
      }
      String found = found(talk);
      if (found.equals(expected.get())) {
        equal++;
      } else {
        differences.add(
            talk + "\n  Jinja: " + shown(expected.get()) + "\n  Go:    " + shown(found));
      }
    }

    private String found(Talk talk) {
      try {
        return template.render(talk.messages(), List.of());
      } catch (GoTemplateException e) {
        return "(" + e.getMessage() + ")";
      }
    }

    private boolean same(Talk talk, Optional<String> expected) {
      return expected.filter(found(talk)::equals).isPresent();
    }

    private void outside() {
      Talk plain = Talk.marked(USER, ASSISTANT, USER);
      Talk system = Talk.marked(SYSTEM, USER, ASSISTANT, USER);
      boolean systems = reference.prompt(system).isPresent();
      differs("an empty user message", plain.with(2, ""));
      differs("an empty answer", plain.with(1, ""));
      if (systems) {
        differs("an empty system message", system.with(0, ""));
        differs("a system message of white space", system.with(0, " \n "));
        differs("a system message in the middle", Talk.marked(USER, ASSISTANT, SYSTEM, USER));
      }
      differs("white space beyond ASCII around a content", plain.with(2, "\u00a0\u2003x\u3000"));
      differs("a conversation that begins with an answer", Talk.marked(ASSISTANT, USER));
      differs("reasoning in an earlier answer", plain.with(1, "<think>\nhm\n</think>\n\nyes"));
      neighbours();
      prefilled();
      tools();
    }

    private void differs(String what, Talk talk) {
      Optional<String> expected = reference.prompt(talk);
      if (expected.isEmpty()) {
        unlike.add(what + ": the model's template refuses it, TEMPLATE prints it");
      } else if (!same(talk, expected)) {
        unlike.add(what + ": printed otherwise");
      }
    }

    /** Ollama joins neighbours of one role before any template sees them. */
    private void neighbours() {
      if (reference.prompt(Talk.marked(USER, USER)).isEmpty()) {
        unlike.add(
            "two messages of one role in a row: the model's template refuses them, Ollama joins"
                + " them by a blank line");
      } else if (!same(Talk.marked(USER, USER), reference.prompt(Talk.marked(USER, USER)))) {
        unlike.add("two messages of one role in a row: Ollama joins them by a blank line");
      }
    }

    /** An answer that is begun and to be gone on with, as transformers' continue_final_message. */
    private void prefilled() {
      Talk talk = Talk.marked(USER, ASSISTANT);
      Optional<String> begun =
          reference
              .text(talk)
              .filter(text -> text.contains(Talk.mark(1)))
              .map(t -> t.substring(0, t.indexOf(Talk.mark(1)) + Talk.mark(1).length()));
      if (!same(talk, begun)) {
        unlike.add("an answer that is begun and to be gone on with: printed otherwise");
      }
    }

    private void tools() {
      if (!template.variables().contains("tools")) {
        Map<String, Object> function =
            Map.of("name", "f", "description", "d", "parameters", Map.of("type", "object"));
        if (reference.usesTools(List.of(Map.of("type", "function", "function", function)))) {
          unlike.add("tools: the model's template prints them, TEMPLATE does not carry them");
        }
      }
    }

    private static String shown(String text) {
      return GoTemplate.quoted(text);
    }
  }
}
