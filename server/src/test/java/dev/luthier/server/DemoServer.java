package dev.luthier.server;

import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;

/** The demo's model behind a server. */
final class DemoServer implements AutoCloseable {
  private final Engine engine = Engines.open(EngineSettings.of(FakeEngine.DEMO));
  private final Server server = Server.start(ServerSettings.local("demo"), System.err::println);

  DemoServer() {
    server.serve(engine);
  }

  /** What clients call the base URL. */
  String url() {
    return server.address() + "/v1";
  }

  @Override
  public void close() {
    server.close();
    engine.close();
  }
}
