-- A MemStack database as a release from before registry/memstack.def's newest columns left it: no
-- entity_types, no memories.task_id, no task_logs.progress, result and message; and with rows in it.
CREATE TABLE tenants (
	id           VARCHAR   NOT NULL PRIMARY KEY,
	name         VARCHAR   NOT NULL,
	plan         VARCHAR   NOT NULL DEFAULT 'free',
	max_projects INTEGER   NOT NULL DEFAULT 10,
	created_at   TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE users (
	id              VARCHAR   NOT NULL PRIMARY KEY,
	tenant_id       VARCHAR   NOT NULL,
	email           VARCHAR   NOT NULL,
	full_name       VARCHAR,
	hashed_password VARCHAR   NOT NULL,
	is_active       BOOLEAN   NOT NULL DEFAULT 1,
	created_at      TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE projects (
	id          VARCHAR   NOT NULL PRIMARY KEY,
	tenant_id   VARCHAR   NOT NULL,
	owner_id    VARCHAR   NOT NULL,
	name        VARCHAR   NOT NULL,
	description TEXT,
	is_public   BOOLEAN   NOT NULL DEFAULT 0,
	created_at  TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE memories (
	id           VARCHAR      NOT NULL PRIMARY KEY,
	project_id   VARCHAR      NOT NULL,
	author_id    VARCHAR      NOT NULL,
	title        VARCHAR(255) NOT NULL,
	content      TEXT         NOT NULL,
	content_type VARCHAR(20)  NOT NULL DEFAULT 'text',
	version      INTEGER      NOT NULL DEFAULT 1,
	created_at   TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE task_logs (
	id         VARCHAR   NOT NULL PRIMARY KEY,
	group_id   VARCHAR   NOT NULL,
	task_type  VARCHAR   NOT NULL,
	status     VARCHAR   NOT NULL DEFAULT 'PENDING',
	created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO tenants (id, name) VALUES ('t1', 'Acme');
INSERT INTO users (id, tenant_id, email, hashed_password)
VALUES ('u1', 't1', 'ann@example.org', '$2b$12$...'), ('u2', 't1', 'bob@example.org', '$2b$12$...');
INSERT INTO projects (id, tenant_id, owner_id, name) VALUES ('p1', 't1', 'u1', 'Handbook');
INSERT INTO memories (id, project_id, author_id, title, content)
VALUES ('m1', 'p1', 'u1', 'Door code', 'Changes on Mondays'),
       ('m2', 'p1', 'u2', 'Coffee', 'Second drawer on the left'),
       ('m3', 'p1', 'u2', 'Fire drill', 'First Tuesday of the month');
INSERT INTO task_logs (id, group_id, task_type, status)
VALUES ('j1', 'p1', 'ingest', 'COMPLETED'), ('j2', 'p1', 'extract', 'FAILED');
