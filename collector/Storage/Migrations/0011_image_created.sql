-- When an image was built, by its own word; null while no agent told.
ALTER TABLE containers ADD COLUMN image_created INTEGER;

-- Of a reference's contents that ran, the one that was built last.
ALTER TABLE images ADD COLUMN created INTEGER;
