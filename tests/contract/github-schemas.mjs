// The parts of GitHub's and the Dev Container formats that this repository uses. No package ships their schemas; an unknown key is an error.
const text = { type: 'string', minLength: 1 };
const texts = { type: 'array', items: text, minItems: 1, uniqueItems: true };
const object = (properties, ...required) => ({ type: 'object', properties, required, additionalProperties: false });

const attributes = (properties, ...required) => object({ label: text, description: text, ...properties }, 'label', ...required);
const field = (type, attributes) => object(
  { type: { const: type }, id: { type: 'string', pattern: '^[a-zA-Z0-9_-]+$' }, attributes, validations: object({ required: { type: 'boolean' } }) }, 'type', 'id', 'attributes');

const elements = {
  markdown: object({ type: { const: 'markdown' }, attributes: object({ value: text }, 'value') }, 'type', 'attributes'),
  input: field('input', attributes({ placeholder: text, value: text })),
  textarea: field('textarea', attributes({ placeholder: text, value: text, render: text })),
  dropdown: field('dropdown', attributes({ multiple: { type: 'boolean' }, options: texts, default: { type: 'integer', minimum: 0 } }, 'options')),
  checkboxes: field('checkboxes', object({ label: text, description: text, options: { type: 'array', minItems: 1, items: object({ label: text, required: { type: 'boolean' } }, 'label') } }, 'label', 'options')),
};

export const issueForm = object({
  name: text, description: text, title: text, labels: texts, assignees: texts, type: text,
  body: {
    type: 'array', minItems: 1, contains: { type: 'object', not: { type: 'object', properties: { type: { const: 'markdown' } } } },
    items: {
      type: 'object', required: ['type'], properties: { type: { enum: Object.keys(elements) } },
      allOf: Object.entries(elements).map(([type, then]) => ({ if: { properties: { type: { const: type } } }, then })),
    },
  },
}, 'name', 'description', 'body');

export const issueConfig = object({
  blank_issues_enabled: { type: 'boolean' },
  contact_links: { type: 'array', items: object({ name: text, url: { type: 'string', pattern: '^https://' }, about: text }, 'name', 'url', 'about') },
});

const folder = { type: 'string', pattern: '^/' };
const updateTypes = { type: 'array', minItems: 1, items: { enum: ['major', 'minor', 'patch'] } };

export const dependabot = object({
  version: { const: 2 },
  updates: {
    type: 'array', minItems: 1,
    items: {
      ...object({
        'package-ecosystem': { enum: ['docker', 'dotnet-sdk', 'github-actions', 'npm', 'nuget'] },
        directory: folder,
        directories: { type: 'array', items: folder, minItems: 1, uniqueItems: true },
        schedule: object({ interval: { enum: ['daily', 'weekly', 'monthly', 'quarterly'] } }, 'interval'),
        'open-pull-requests-limit': { type: 'integer', minimum: 0 },
        'commit-message': object({ prefix: { ...text, maxLength: 50 } }, 'prefix'),
        groups: {
          type: 'object', minProperties: 1,
          additionalProperties: { ...object({ patterns: texts, 'exclude-patterns': texts, 'update-types': updateTypes, 'dependency-type': { enum: ['development', 'production'] } }), minProperties: 1 },
        },
      }, 'package-ecosystem', 'schedule'),
      oneOf: [{ required: ['directory'] }, { required: ['directories'] }],
    },
  },
}, 'version', 'updates');

const port = { type: 'integer', minimum: 1, maximum: 65535 };

export const devContainer = {
  ...object({
    name: text,
    image: text,
    build: object({ dockerfile: text, context: text, target: text, args: { type: 'object', additionalProperties: text } }, 'dockerfile'),
    features: { type: 'object' },
    remoteUser: text,
    init: { type: 'boolean' },
    postCreateCommand: text,
    forwardPorts: { type: 'array', items: port, uniqueItems: true },
    portsAttributes: {
      type: 'object', propertyNames: { pattern: '^[0-9]+$' },
      additionalProperties: object({ label: text, onAutoForward: { enum: ['notify', 'openBrowser', 'openBrowserOnce', 'openPreview', 'silent', 'ignore'] }, protocol: { enum: ['http', 'https'] } }),
    },
    customizations: { type: 'object', properties: { vscode: object({ extensions: { type: 'array', items: { type: 'string', pattern: '^[\\w-]+\\.[\\w-]+$' } }, settings: { type: 'object' } }) } },
  }, 'name', 'postCreateCommand'),
  oneOf: [{ required: ['image'] }, { required: ['build'] }],
};
