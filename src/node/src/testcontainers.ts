import { AbstractStartedContainer, GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { ChaserEmulator } from "./emulator.js";

const port = 8080;

/**
 * The emulator in a container, with the package `testcontainers`: `await new ChaserEmulatorContainer("chaseremu").start()`. Its data is in
 * memory. It counts as started when `GET /readyz` returns 200.
 */
export class ChaserEmulatorContainer extends GenericContainer {
  private token?: string;

  /** @param image The image of the emulator. Build it with `docker build -f docker/Dockerfile -t chaseremu .`. */
  constructor(image: string) {
    super(image);
    this.withExposedPorts(port).withSetting("Storage:Path", ":memory:").withWaitStrategy(Wait.forHttp("/readyz", port));
  }

  /** Sets a setting of the emulator by its key, such as `withSetting("Sessions:IdleSeconds", 5)`. docs/settings.md lists all keys. */
  withSetting(key: string, value: string | number | boolean): this {
    return this.withEnvironment({ [`CHASER_EMU_${key.replaceAll(":", "__")}`]: String(value) });
  }

  /** Sets the token that `/_emu` requires. {@link StartedChaserEmulatorContainer.connect} sends it. */
  withControlToken(token: string): this {
    this.token = token;
    return this.withSetting("Control:Token", token);
  }

  override async start(): Promise<StartedChaserEmulatorContainer> {
    return new StartedChaserEmulatorContainer(await super.start(), this.token);
  }
}

/** A started container of the emulator. */
export class StartedChaserEmulatorContainer extends AbstractStartedContainer {
  /** @internal */
  constructor(container: StartedTestContainer, private readonly token?: string) {
    super(container);
  }

  /** The address at which this machine reaches the emulator. Other containers in its network use its network alias and port 8080. */
  get address(): string {
    return `http://${this.getHost()}:${this.getMappedPort(port)}`;
  }

  /** Connects to the emulator. Stop the container, not the emulator, at the end. */
  connect(): Promise<ChaserEmulator> {
    return ChaserEmulator.connect(this.address, { token: this.token });
  }
}
