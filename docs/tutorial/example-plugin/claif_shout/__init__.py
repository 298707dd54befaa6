"""A plugin for Claif: a provider, a message processor, a query layer and a source of configuration."""
