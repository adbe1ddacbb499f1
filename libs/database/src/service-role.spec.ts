import { migrateService } from './migrate.js';
import { serviceUrl } from './service-role.js';

test("a service's URL keeps the administrator's host and database, and escapes the password", () => {
  expect(serviceUrl('postgres://admin:old@db.local:5433/books?sslmode=require', 'accounts', 'p@ss/word')).toBe(
    'postgres://mizan_accounts:p%40ss%2Fword@db.local:5433/books?sslmode=require',
  );
  expect(() => serviceUrl('postgres:///books?host=/run', 'accounts', 'x')).toThrow(/must name a host/);
});

test('names that could not stand in SQL are refused before anything is asked of a server', async () => {
  expect(() => serviceUrl('postgres://admin:old@db.local/books', 'a"b', 'x')).toThrow(/mizan_a"b/);
  const nowhere = { adminUrl: 'postgres://127.0.0.1:1/nowhere', service: 'accounts', password: 'x' };
  await expect(migrateService({ ...nowhere, schemas: [{ schema: 'public; DROP', directory: '.' }] })).rejects.toThrow(/public; DROP/);
});
