package dev.luthier.export;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether a server takes an adapter.
 *
 * @param server which
 * @param findings what speaks for another way, worst first; empty if it loads as it is
 */
public record AdapterVerdict(Server server, List<AdapterFinding> findings) {
  /** Copies the list. */
  public AdapterVerdict {
    findings = List.copyOf(findings);
  }

  /** The worst of the findings. */
  public AdapterFinding.Level level() {
    return findings.stream()
        .map(AdapterFinding::level)
        .reduce(
            AdapterFinding.Level.NOTE, (worst, next) -> next.compareTo(worst) > 0 ? next : worst);
  }

  /** Whether the server does not take it. */
  public boolean refuses() {
    return level() == AdapterFinding.Level.REFUSED;
  }

  /** The verdict in a word or two. */
  public String words() {
    return switch (level()) {
      case NOTE -> "loads as it is";
      case STEP -> "loads after a step";
      case REFUSED -> "does not load";
    };
  }

  /** For {@code --json}. */
  public Map<String, Object> toJson() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("server", server.toString());
    out.put("loads", level() == AdapterFinding.Level.NOTE);
    out.put("level", level().toString());
    out.put(
        "findings",
        findings.stream()
            .map(
                f -> {
                  Map<String, String> fields = new LinkedHashMap<>();
                  fields.put("level", f.level().toString());
                  fields.put("reason", f.reason());
                  fields.put("way_out", f.wayOut());
                  return fields;
                })
            .toList());
    return out;
  }
}
