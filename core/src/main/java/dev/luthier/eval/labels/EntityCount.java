package dev.luthier.eval.labels;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Entities found, missed and made up: one counts as found if its words and its type are right. */
final class EntityCount {
  private static final class Type {
    private long right;
    private long given;
    private long both;
  }

  private final Map<String, Type> types = new TreeMap<>();

  void add(List<String> right, List<String> given) {
    Set<Entity> theirs = new HashSet<>(Entity.of(right));
    theirs.forEach(e -> type(e).right++);
    for (Entity entity : Entity.of(given)) {
      Type type = type(entity);
      type.given++;
      type.both += theirs.contains(entity) ? 1 : 0;
    }
  }

  private Type type(Entity entity) {
    return types.computeIfAbsent(entity.type(), t -> new Type());
  }

  /** Over all types together. */
  Scores summary() {
    Type all = new Type();
    types
        .values()
        .forEach(
            t -> {
              all.right += t.right;
              all.given += t.given;
              all.both += t.both;
            });
    return scores(all);
  }

  Map<String, Scores> byType() {
    Map<String, Scores> out = new LinkedHashMap<>();
    types.forEach((name, type) -> out.put(name, scores(type)));
    return out;
  }

  private static Scores scores(Type t) {
    return new Scores(
        ratio(t.both, t.given),
        ratio(t.both, t.right),
        ratio(2 * t.both, t.given + t.right),
        t.right);
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : part / (double) whole;
  }
}
