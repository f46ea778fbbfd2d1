CREATE TABLE IF NOT EXISTS "__EFMigrationsHistory" (
    "MigrationId" TEXT NOT NULL CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY,
    "ProductVersion" TEXT NOT NULL
);

BEGIN TRANSACTION;
CREATE TABLE "audit" (
    "Id" INTEGER NOT NULL CONSTRAINT "PK_audit" PRIMARY KEY AUTOINCREMENT,
    "Workspace" TEXT NOT NULL,
    "At" INTEGER NOT NULL,
    "Action" TEXT NOT NULL,
    "Subject" TEXT NULL,
    "Detail" TEXT NULL
);

CREATE TABLE "keys" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_keys" PRIMARY KEY,
    "Workspace" TEXT NOT NULL,
    "Name" TEXT NOT NULL,
    "Prefix" TEXT NOT NULL,
    "Hash" TEXT NOT NULL,
    "TestMode" INTEGER NOT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "LastUsedAt" INTEGER NULL,
    "RevokedAt" INTEGER NULL
);

CREATE TABLE "sessions" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_sessions" PRIMARY KEY,
    "Workspace" TEXT NOT NULL,
    "KeyId" TEXT NOT NULL,
    "TestMode" INTEGER NOT NULL,
    "Profile" TEXT NOT NULL,
    "Status" TEXT NOT NULL,
    "Device" TEXT NULL,
    "ProxyIp" TEXT NULL,
    "ProxyRegion" TEXT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "ProvisionedAt" INTEGER NOT NULL,
    "ReadyAt" INTEGER NULL,
    "ExpiresAt" INTEGER NOT NULL,
    "EndedAt" INTEGER NULL,
    "EndedReason" TEXT NULL,
    "BilledMicroUsd" INTEGER NOT NULL,
    "CdpBytes_Down" INTEGER NOT NULL,
    "CdpBytes_Up" INTEGER NOT NULL,
    "EgressBytes_Down" INTEGER NOT NULL,
    "EgressBytes_Up" INTEGER NOT NULL
);

CREATE TABLE "usage" (
    "Workspace" TEXT NOT NULL,
    "Day" TEXT NOT NULL,
    "KeyId" TEXT NOT NULL,
    "Region" TEXT NOT NULL,
    "BytesUp" INTEGER NOT NULL,
    "BytesDown" INTEGER NOT NULL,
    "Sessions" INTEGER NOT NULL,
    CONSTRAINT "PK_usage" PRIMARY KEY ("Workspace", "Day", "KeyId", "Region")
);

CREATE TABLE "workspaces" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_workspaces" PRIMARY KEY,
    "CreatedAt" INTEGER NOT NULL,
    "BalanceMicroUsd" INTEGER NOT NULL
);

CREATE INDEX "IX_audit_Workspace_Id" ON "audit" ("Workspace", "Id");

CREATE UNIQUE INDEX "IX_keys_Hash" ON "keys" ("Hash");

CREATE INDEX "IX_sessions_Status" ON "sessions" ("Status") WHERE "Status" IN ('Creating', 'Ready');

CREATE INDEX "IX_sessions_Workspace_Id" ON "sessions" ("Workspace", "Id" DESC);

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261123204148_Initial', '10.0.15');

COMMIT;

BEGIN TRANSACTION;
UPDATE keys SET Id = substr(Id, 5, 8) || '-' || substr(Id, 13, 4) || '-4' || substr(Id, 17, 3) || '-8' || substr(Id, 20, 3) || '-' || substr(Id, 23, 6) || substr(Id, 5, 6) WHERE Id GLOB 'key_[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]';

UPDATE sessions SET KeyId = substr(KeyId, 5, 8) || '-' || substr(KeyId, 13, 4) || '-4' || substr(KeyId, 17, 3) || '-8' || substr(KeyId, 20, 3) || '-' || substr(KeyId, 23, 6) || substr(KeyId, 5, 6) WHERE KeyId GLOB 'key_[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]';

UPDATE usage SET KeyId = substr(KeyId, 5, 8) || '-' || substr(KeyId, 13, 4) || '-4' || substr(KeyId, 17, 3) || '-8' || substr(KeyId, 20, 3) || '-' || substr(KeyId, 23, 6) || substr(KeyId, 5, 6) WHERE KeyId GLOB 'key_[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]';

UPDATE audit SET Subject = substr(Subject, 5, 8) || '-' || substr(Subject, 13, 4) || '-4' || substr(Subject, 17, 3) || '-8' || substr(Subject, 20, 3) || '-' || substr(Subject, 23, 6) || substr(Subject, 5, 6) WHERE Subject GLOB 'key_[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]';

UPDATE audit SET Detail = substr(Detail, 5, 8) || '-' || substr(Detail, 13, 4) || '-4' || substr(Detail, 17, 3) || '-8' || substr(Detail, 20, 3) || '-' || substr(Detail, 23, 6) || substr(Detail, 5, 6) WHERE Detail GLOB 'key_[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]' AND Action = 'key.rotated';

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261128003900_UuidKeyIds', '10.0.15');

COMMIT;

BEGIN TRANSACTION;
CREATE INDEX "IX_keys_Workspace" ON "keys" ("Workspace");

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261128020000_KeysByWorkspace', '10.0.15');

COMMIT;

BEGIN TRANSACTION;
CREATE INDEX "IX_sessions_EndedReason_Id" ON "sessions" ("EndedReason", "Id" DESC) WHERE "EndedReason" IS NOT NULL;

CREATE INDEX "IX_sessions_Status_Id" ON "sessions" ("Status", "Id" DESC) WHERE "Status" = 'Error';

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261128050000_EndedSessions', '10.0.15');

COMMIT;

