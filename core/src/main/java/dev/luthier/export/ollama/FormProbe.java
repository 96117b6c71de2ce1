package dev.luthier.export.ollama;

import static dev.luthier.export.ollama.Role.ASSISTANT;
import static dev.luthier.export.ollama.Role.SYSTEM;
import static dev.luthier.export.ollama.Role.USER;

import dev.luthier.export.ollama.ChatForm.Around;
import dev.luthier.export.ollama.ChatForm.Place;
import dev.luthier.export.ollama.ChatForm.SystemForm;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Learns a template's {@link ChatForm}: renders conversations whose contents are marks, and reads
 * off the text between them.
 *
 * <p>What a learned form prints is a guess until {@link TemplateProof} has held it to the template.
 */
final class FormProbe {
  private final Reference template;

  private FormProbe(Reference template) {
    this.template = template;
  }

  /**
   * The form of a template.
   *
   * @throws NotLearned saying what kept it from being one
   */
  static ChatForm learn(Reference template) throws NotLearned {
    return new FormProbe(template).form();
  }

  /** A template that is not of this form. */
  static final class NotLearned extends Exception {
    private static final long serialVersionUID = 1L;

    NotLearned(String message) {
      super(message);
    }
  }

  private ChatForm form() throws NotLearned {
    Talk talk = Talk.marked(USER, ASSISTANT, USER);
    List<String> gaps = gaps(talk, true).orElseThrow(() -> unordered(talk));
    String afterUser = tail(Talk.marked(USER), gaps.get(1));
    String afterAssistant = tail(Talk.marked(USER, ASSISTANT), gaps.get(2));
    String before = gaps.get(2).substring(afterAssistant.length());
    if (!gaps.get(3).startsWith(afterUser)) {
      throw new NotLearned("what follows the last user's content does not follow the others'");
    }
    Around user = new Around(before, afterUser);
    Around assistant = new Around(gaps.get(1).substring(afterUser.length()), afterAssistant);
    SystemForm system = system(user, assistant);
    String bos = begin(gaps.get(0), system);
    String start = gaps.get(0).substring(bos.length());
    boolean alike = start.endsWith(before);
    Around first = system.first();
    Around later = system.later();
    if (system.place() == Place.OWN) {
      first = new Around(first.before().substring(bos.length()), first.after());
      later = later.equals(system.first()) ? first : later;
    }
    return new ChatForm(
        bos,
        alike ? withoutEnd(start, before) : "",
        user,
        alike ? before : start,
        assistant,
        gaps.get(3).substring(afterUser.length()),
        new SystemForm(
            system.place(),
            first,
            later,
            system.userBefore(),
            system.userTrim(),
            system.printsEmpty()),
        trims(system.place()));
  }

  private NotLearned unordered(Talk talk) {
    return new NotLearned(
        template
            .refusal(talk)
            .map(why -> "the template refuses a user, an assistant and a user: " + why)
            .orElse("the template does not print a user, an assistant and a user in this order"));
  }

  /** The texts between contents, from the start to the end; empty if they are not in order. */
  private Optional<List<String>> gaps(Talk talk, boolean prompt) {
    return (prompt ? template.prompt(talk) : template.text(talk)).flatMap(text -> gaps(talk, text));
  }

  private static Optional<List<String>> gaps(Talk talk, String text) {
    List<String> out = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < talk.turns().size(); i++) {
      int found = text.indexOf(Talk.mark(i), at);
      if (found < 0 || text.indexOf(Talk.mark(i), found + 1) >= 0) {
        return Optional.empty();
      }
      out.add(text.substring(at, found));
      at = found + Talk.mark(i).length();
    }
    out.add(text.substring(at));
    return Optional.of(out);
  }

  /** What the template prints after the last content, if the gap begins like that. */
  private String tail(Talk talk, String gap) {
    return gaps(talk, false)
        .map(gaps -> gaps.get(gaps.size() - 1))
        .filter(gap::startsWith)
        .orElse("");
  }

  private static String withoutEnd(String text, String end) {
    return text.substring(0, text.length() - end.length());
  }

  private SystemForm system(Around user, Around assistant) {
    Talk talk = Talk.marked(SYSTEM, USER, ASSISTANT, USER);
    Optional<List<String>> own = gaps(talk, true);
    if (own.isPresent()) {
      String after = own.get().get(1);
      boolean folded = user.before().isEmpty() || !after.endsWith(user.before());
      Around first =
          new Around(own.get().get(0), folded ? after : withoutEnd(after, user.before()));
      return new SystemForm(
          Place.OWN,
          first,
          later(first, user, assistant),
          folded ? "" : user.before(),
          trim(Talk.marked(SYSTEM, USER), 1),
          printsEmpty());
    }
    String text = template.prompt(talk).orElse("");
    int system = text.indexOf(Talk.mark(0));
    int last = text.indexOf(Talk.mark(3));
    boolean inLast = system > text.indexOf(Talk.mark(2)) && system < last;
    Around around =
        inLast
            ? new Around("", text.substring(system + Talk.mark(0).length(), last))
            : Around.NOTHING;
    return new SystemForm(
        inLast ? Place.LAST_USER : Place.NOWHERE,
        around,
        around,
        user.before(),
        inLast ? trim(talk, 3) : Trim.NONE,
        true);
  }

  /** Around a system message in the middle, if the template takes one. */
  private Around later(Around first, Around user, Around assistant) {
    return gaps(Talk.marked(USER, ASSISTANT, SYSTEM, USER), true)
        .filter(gaps -> gaps.get(2).startsWith(assistant.after()))
        .filter(gaps -> gaps.get(3).endsWith(user.before()))
        .map(
            gaps ->
                new Around(
                    gaps.get(2).substring(assistant.after().length()),
                    withoutEnd(gaps.get(3), user.before())))
        .orElse(first);
  }

  private boolean printsEmpty() {
    Optional<String> empty = template.prompt(Talk.marked(SYSTEM, USER).with(0, ""));
    Optional<String> without =
        template.prompt(Talk.marked(USER)).map(text -> text.replace(Talk.mark(0), Talk.mark(1)));
    return empty.isEmpty() || !empty.equals(without);
  }

  /** A BOS that the template prints itself before everything. */
  private String begin(String start, SystemForm system) {
    String bos = template.tokens().getOrDefault("bos_token", "");
    boolean both =
        start.startsWith(bos)
            && (system.place() != Place.OWN || system.first().before().startsWith(bos));
    return both ? bos : "";
  }

  private Map<Role, Trim> trims(Place place) {
    Map<Role, Trim> trims = new EnumMap<>(Role.class);
    Talk plain = Talk.marked(USER, ASSISTANT, USER);
    trims.put(USER, trim(plain, 2));
    trims.put(ASSISTANT, trim(plain, 1));
    if (place != Place.NOWHERE) {
      trims.put(SYSTEM, trim(Talk.marked(SYSTEM, USER), 0));
    }
    return trims;
  }

  private Trim trim(Talk talk, int turn) {
    String mark = Talk.mark(turn);
    Optional<String> bare = template.prompt(talk);
    Optional<String> spaced = template.prompt(talk.with(turn, Trim.BEFORE + mark + Trim.AFTER));
    return Trim.KNOWN.stream()
        .filter(trim -> bare.map(t -> t.replace(mark, trim.applied(mark))).equals(spaced))
        .findFirst()
        .orElse(Trim.NONE);
  }
}
