-- Words about people, beside a stream: the event holds their salted commitment alone. Erasing deletes the row.
CREATE TABLE owner_schema.texts (
  stream text COLLATE "C" NOT NULL,
  commitment text COLLATE "C" NOT NULL,
  salt text NOT NULL,
  reference text,
  metadata text NOT NULL,
  PRIMARY KEY (stream, commitment)
);

GRANT SELECT, INSERT, DELETE ON owner_schema.texts TO owner_role;
