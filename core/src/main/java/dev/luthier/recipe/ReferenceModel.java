package dev.luthier.recipe;

import dev.luthier.UsageException;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The model that a policy is held against.
 *
 * @param kind whether there is one, and whether the run begins from it
 * @param model its folder; of {@link Kind#NONE} nothing
 * @param adapter over it
 * @param words what it is
 */
record ReferenceModel(Kind kind, Optional<Path> model, Optional<Path> adapter, String words) {
  /** Whether there is one, and whether the run begins from it. */
  enum Kind {
    /** None. */
    NONE,
    /** What is trained, as it was before the first step. */
    START,
    /** Another one. */
    OTHER
  }

  private static final ReferenceModel NONE =
      new ReferenceModel(Kind.NONE, Optional.empty(), Optional.empty(), "none");

  /** The one that the settings name. */
  static ReferenceModel of(PreferenceMethod method, PreferenceSettings settings) {
    Optional<String> asked = settings.reference().model();
    if (!method.hasReference()) {
      if (asked.isPresent() && !asked.get().equals("none")) {
        throw new UsageException(
            method + " has no reference: leave reference.model out, or use luthier dpo");
      }
      return NONE;
    }
    Path base = settings.model();
    Optional<Path> begun = settings.adapter();
    String name = asked.orElse(begun.isPresent() ? "adapter" : "base");
    return switch (name) {
      case "none" -> none(method);
      case "base" -> base(base, begun.isPresent() ? Kind.OTHER : Kind.START);
      case "adapter" -> adapter(base, begun.orElseThrow(ReferenceModel::noAdapter), Kind.START);
      default -> folder(Path.of(name), base, begun);
    };
  }

  private static ReferenceModel none(PreferenceMethod method) {
    if (!method.hasPairs()) {
      throw new UsageException("reference.model is none, but " + method + " needs a reference");
    }
    return NONE;
  }

  private static ReferenceModel folder(Path folder, Path base, Optional<Path> begun) {
    if (!Files.exists(folder)) {
      throw new UsageException(
          "reference.model is '"
              + folder
              + "', which does not exist; expected base, adapter, none, or the folder of a model or"
              + " of an adapter");
    }
    if (HfFolder.kind(folder) == HfFolder.Kind.ADAPTER) {
      boolean same = begun.filter(a -> same(a, folder)).isPresent();
      return adapter(base, folder, same ? Kind.START : Kind.OTHER);
    }
    boolean same = begun.isEmpty() && same(base, folder);
    return base(HfFolder.model(folder), same ? Kind.START : Kind.OTHER);
  }

  private static boolean same(Path a, Path b) {
    return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
  }

  private static ReferenceModel base(Path model, Kind kind) {
    return new ReferenceModel(kind, Optional.of(model), Optional.empty(), model.toString());
  }

  private static ReferenceModel adapter(Path base, Path adapter, Kind kind) {
    return new ReferenceModel(
        kind, Optional.of(base), Optional.of(adapter), adapter + " over " + base);
  }

  private static UsageException noAdapter() {
    return new UsageException(
        "reference.model is adapter, but the run begins from none: add --adapter DIR");
  }

  /** The content of its files: SHA-256 of the model and, behind a plus, of the adapter. */
  String hash(Map<Path, String> known) {
    return model.map(m -> known.computeIfAbsent(m, Hashes::folder)).orElse("")
        + adapter.map(a -> "+" + known.computeIfAbsent(a, Hashes::folder)).orElse("");
  }
}
