CREATE FUNCTION jobs_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF (NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id)
  OR (OLD.status IN ('completed') AND (NEW.id IS DISTINCT FROM OLD.id OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.pipeline IS DISTINCT FROM OLD.pipeline OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.updated_at IS DISTINCT FROM OLD.updated_at OR NEW.status IS DISTINCT FROM OLD.status OR NEW.stage IS DISTINCT FROM OLD.stage OR NEW.progress IS DISTINCT FROM OLD.progress OR NEW.failed_stage IS DISTINCT FROM OLD.failed_stage OR NEW.error IS DISTINCT FROM OLD.error OR NEW.attempt IS DISTINCT FROM OLD.attempt OR NEW.leg IS DISTINCT FROM OLD.leg OR NEW.from_stage IS DISTINCT FROM OLD.from_stage OR NEW.waiting_for IS DISTINCT FROM OLD.waiting_for OR NEW.priority IS DISTINCT FROM OLD.priority OR NEW.settings IS DISTINCT FROM OLD.settings OR NEW.inputs IS DISTINCT FROM OLD.inputs OR NEW.hold_after IS DISTINCT FROM OLD.hold_after OR NEW.parent_job_id IS DISTINCT FROM OLD.parent_job_id OR NEW.batch_id IS DISTINCT FROM OLD.batch_id OR NEW.result_id IS DISTINCT FROM OLD.result_id OR NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key OR NEW.request_fingerprint IS DISTINCT FROM OLD.request_fingerprint OR NEW.deadline_s IS DISTINCT FROM OLD.deadline_s OR NEW.estimate_usd IS DISTINCT FROM OLD.estimate_usd OR NEW.cost_usd IS DISTINCT FROM OLD.cost_usd OR NEW.budget_usd IS DISTINCT FROM OLD.budget_usd OR NEW.is_test IS DISTINCT FROM OLD.is_test OR NEW.seq IS DISTINCT FROM OLD.seq OR NEW.started_at IS DISTINCT FROM OLD.started_at OR NEW.ended_at IS DISTINCT FROM OLD.ended_at))
  OR (NEW.status <> OLD.status AND NOT (OLD.status = 'draft' AND NEW.status IN ('canceled', 'pending') OR OLD.status = 'pending' AND NEW.status IN ('canceled', 'failed', 'processing') OR OLD.status = 'processing' AND NEW.status IN ('canceled', 'completed', 'failed', 'pending', 'waiting') OR OLD.status = 'waiting' AND NEW.status IN ('canceled', 'failed', 'processing') OR OLD.status = 'failed' AND NEW.status IN ('pending') OR OLD.status = 'canceled' AND NEW.status IN ('pending')))
  OR (NEW.status = OLD.status AND OLD.status <> 'processing' AND (NEW.seq <> OLD.seq OR NEW.status IS DISTINCT FROM OLD.status OR NEW.stage IS DISTINCT FROM OLD.stage OR NEW.progress IS DISTINCT FROM OLD.progress OR NEW.attempt IS DISTINCT FROM OLD.attempt))
  OR (NEW.seq <> OLD.seq + CASE WHEN NEW.status IS DISTINCT FROM OLD.status OR NEW.stage IS DISTINCT FROM OLD.stage OR NEW.progress IS DISTINCT FROM OLD.progress OR NEW.attempt IS DISTINCT FROM OLD.attempt THEN 1 ELSE NEW.seq - OLD.seq END)
  OR (NEW.seq NOT IN (OLD.seq, OLD.seq + 1))
  OR (NEW.attempt <> OLD.attempt + CASE WHEN OLD.status IN ('canceled', 'failed') AND NEW.status = 'pending' THEN 1 ELSE 0 END)
  OR (NEW.attempt = OLD.attempt AND (NEW.progress < OLD.progress OR CASE NEW.stage WHEN 'uploading' THEN 0 WHEN 'validating' THEN 1 WHEN 'transcribing' THEN 2 WHEN 'selecting' THEN 3 WHEN 'removing_background' THEN 4 WHEN 'approving' THEN 5 WHEN 'analyzing' THEN 6 WHEN 'planning' THEN 7 WHEN 'retrieving' THEN 8 WHEN 'submitting' THEN 9 WHEN 'generating' THEN 10 WHEN 'storing' THEN 11 WHEN 'optimizing' THEN 12 WHEN 'watermarking' THEN 13 WHEN 'complete' THEN 14 ELSE -1 END < CASE OLD.stage WHEN 'uploading' THEN 0 WHEN 'validating' THEN 1 WHEN 'transcribing' THEN 2 WHEN 'selecting' THEN 3 WHEN 'removing_background' THEN 4 WHEN 'approving' THEN 5 WHEN 'analyzing' THEN 6 WHEN 'planning' THEN 7 WHEN 'retrieving' THEN 8 WHEN 'submitting' THEN 9 WHEN 'generating' THEN 10 WHEN 'storing' THEN 11 WHEN 'optimizing' THEN 12 WHEN 'watermarking' THEN 13 WHEN 'complete' THEN 14 ELSE -1 END))
THEN RAISE EXCEPTION 'illegal_move' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
END $$
;;
CREATE TRIGGER jobs_move BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_move()
;;
CREATE FUNCTION events_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.seq <> coalesce((SELECT max(seq) FROM events WHERE job_id = NEW.job_id) + 1, NEW.seq)
THEN RAISE EXCEPTION 'illegal_move' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
END $$
;;
CREATE TRIGGER events_append BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_append()
;;
CREATE FUNCTION events_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF 1 = 1
THEN RAISE EXCEPTION 'illegal_move' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
END $$
;;
CREATE TRIGGER events_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_update()
;;
CREATE FUNCTION events_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id)
THEN RAISE EXCEPTION 'illegal_move' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN OLD;
END $$
;;
CREATE TRIGGER events_delete BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_delete()
