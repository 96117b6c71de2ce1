package dev.luthier.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes that want the same repository at the same time. */
class HubProcessesTest {
  @TempDir private Path temp = Path.of("");

  /** Pulls into a cache once it is told to, and prints the snapshot's folder. */
  static final class Child {
    private Child() {}

    public static void main(String[] endpointAndHome) {
      HubSettings settings =
          LocalHub.settings(endpointAndHome[0], Path.of(endpointAndHome[1]), Map.of());
      Hub hub = new Hub(settings, TransferListener.NONE);
      System.out.println("ready");
      new Scanner(System.in).nextLine();
      System.out.println(hub.pull(HubPullTest.reference("org/name"), FileChoice.model()).folder());
    }
  }

  private static long fetched(LocalHub hub) {
    return hub.requests.stream().filter(r -> r.contains("/resolve/") || r.contains("sig=")).count();
  }

  @Test
  void fetch_every_byte_once_and_both_have_it() throws Exception {
    Map<String, byte[]> files = HubPullTest.model();
    try (LocalHub hub = new LocalHub(() -> Fault.SLOW)) {
      hub.repo("org/name").commit("main", files);
      new Hub(hub.settings(temp.resolve("alone"), Map.of()), TransferListener.NONE)
          .pull(HubPullTest.reference("org/name"), FileChoice.model());
      long alone = fetched(hub);
      hub.requests.clear();
      String home = temp.resolve("shared").toString();
      try (ChildJvm one = ChildJvm.start(Child.class, hub.base(), home);
          ChildJvm other = ChildJvm.start(Child.class, hub.base(), home)) {
        for (ChildJvm child : List.of(one, other)) {
          assertThat(child.line()).isEqualTo("ready");
        }
        one.say("go");
        other.say("go");
        Path folder = Path.of(one.rest());
        assertThat(other.rest()).isEqualTo(folder.toString());
        for (String name : List.of("config.json", "model-00001-of-00002.safetensors")) {
          assertThat(Files.readAllBytes(folder.resolve(name))).isEqualTo(files.get(name));
        }
      }
      assertThat(alone).isGreaterThan(20);
      // A request that fails is made again; two that fetch all for themselves make twice as many.
      assertThat(fetched(hub)).isLessThan(alone + alone / 2);
      assertThat(hub.problems).isEmpty();
    }
  }
}
