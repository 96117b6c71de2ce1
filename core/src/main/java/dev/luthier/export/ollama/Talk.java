package dev.luthier.export.ollama;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A conversation to try templates on.
 *
 * @param turns oldest first
 */
record Talk(List<Turn> turns) {
  /** Who says what. */
  record Turn(Role role, String content) {}

  Talk {
    turns = List.copyOf(turns);
  }

  /** A conversation of these roles whose contents can be found again in the text. */
  static Talk marked(Role... roles) {
    List<Turn> turns = new ArrayList<>();
    for (Role role : roles) {
      turns.add(new Turn(role, mark(turns.size())));
    }
    return new Talk(turns);
  }

  /** What stands for the content of a turn: no word of any template. */
  static String mark(int turn) {
    return "Qx" + turn + "Zj";
  }

  /** The same with another content in one turn. */
  Talk with(int turn, String content) {
    List<Turn> changed = new ArrayList<>(turns);
    changed.set(turn, new Turn(turns.get(turn).role(), content));
    return new Talk(changed);
  }

  /** As templates take it. */
  List<Map<String, Object>> messages() {
    return turns.stream()
        .map(t -> Map.<String, Object>of("role", t.role().toString(), "content", t.content()))
        .toList();
  }

  @Override
  public String toString() {
    return turns.toString();
  }
}
