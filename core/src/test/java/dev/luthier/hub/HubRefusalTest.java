package dev.luthier.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubRefusalTest {
  private static final Map<String, String> WITH_TOKEN = Map.of("HF_TOKEN", LocalHub.TOKEN);

  @TempDir Path home = Path.of("");

  private AbstractThrowableAssert<?, ?> pulling(
      String id, Map<String, String> environment, Consumer<LocalHub.Repo> as) throws Exception {
    try (LocalHub hub = new LocalHub()) {
      hub.repo("org/name").commit("main", HubPullTest.model());
      as.accept(hub.repo("org/name"));
      return assertThatThrownBy(
              () ->
                  new Hub(hub.settings(home, environment), TransferListener.NONE)
                      .pull(HubPullTest.reference(id), FileChoice.model()))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("docs/troubleshooting.md#hub")
          .satisfies(e -> assertThat(String.valueOf(e)).doesNotContain(LocalHub.TOKEN));
    }
  }

  @Test
  void a_gated_model_says_where_its_licence_is_and_how_to_give_a_token() throws Exception {
    pulling("org/name", Map.of(), repo -> repo.gated = true)
        .hasMessageContaining("org/name is gated: accept its licence at http://localhost")
        .hasMessageContaining("HF_TOKEN");
    pulling("org/name", WITH_TOKEN, repo -> repo.gated = true)
        .hasMessageContaining("the account of the token that was sent has not been let in")
        .hasMessageContaining("Bearer [key]");
  }

  @Test
  void what_is_not_there_is_named() throws Exception {
    pulling("org/other", Map.of(), repo -> {})
        .hasMessageContaining("shows no model org/other")
        .hasMessageContaining("A private one needs a token, HF_TOKEN, or the file");
    pulling("org/other", WITH_TOKEN, repo -> {})
        .hasMessageContaining("the one sent may not see it");
    pulling("org/name@v9", Map.of(), repo -> {})
        .hasMessageContaining("model org/name has no revision 'v9'");
    pulling("org/name@0123456789abcdef0123456789abcdef01234567", Map.of(), repo -> {})
        .hasMessageContaining("has no revision '0123");
  }

  @Test
  void a_private_model_is_had_with_the_token_which_goes_to_the_hub_alone() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      hub.repo("org/name").commit("main", HubPullTest.model());
      hub.repo("org/name").secret = true;
      Path file = Files.writeString(home.resolve("my-token"), LocalHub.TOKEN + "\n");
      Snapshot snapshot =
          new Hub(
                  hub.settings(home, Map.of("HF_TOKEN_PATH", file.toString())),
                  TransferListener.NONE)
              .pull(HubPullTest.reference("org/name"), FileChoice.model());
      assertThat(snapshot.files()).isNotEmpty();
      assertThat(hub.problems).as("what the storage was sent").isEmpty();
    }
  }

  @Test
  void the_environment_is_read_as_python_reads_it() throws Exception {
    HubSettings plain = HubSettings.of(Map.of(), home);
    assertThat(plain.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(plain.endpoint()).hasToString("https://huggingface.co");
    assertThat(plain.token()).isEmpty();
    assertThat(plain.offline()).isFalse();
    HubSettings moved =
        HubSettings.of(
            Map.of(
                "HF_HOME",
                home + "/h",
                "HF_ENDPOINT",
                "https://mirror/hf/",
                "HF_HUB_OFFLINE",
                "ON"),
            home);
    assertThat(moved.cache()).isEqualTo(home.resolve("h/hub"));
    assertThat(moved.endpoint()).hasToString("https://mirror/hf");
    assertThat(moved.offline()).isTrue();
    Files.createDirectories(home.resolve("h"));
    Files.writeString(home.resolve("h/token"), "hf_fromFile\n");
    Map<String, String> of = Map.of("HF_HOME", home + "/h");
    assertThat(HubSettings.of(of, home).token().map(ApiKey::bearer))
        .isEqualTo(Optional.of("Bearer hf_fromFile"));
    assertThat(HubSettings.of(of, home).toString()).doesNotContain("hf_fromFile");
    assertThat(
            HubSettings.of(Map.of("HF_HUB_CACHE", home + "/c", "HF_HOME", home + "/h"), home)
                .cache())
        .isEqualTo(home.resolve("c"));
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror"), home))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("expected a hub's address");
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN", "hf_a b"), home))
        .hasMessageContaining("HF_TOKEN is not one line")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hf_a"));
  }
}
