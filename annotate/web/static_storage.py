"""Static files with the hash of their content in their names, inside ES modules too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrite `import` paths in our modules to hashed names, so that they can be cached for ever."""

    support_js_module_import_aggregation = True
