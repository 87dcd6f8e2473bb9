export interface paths {
    "/api/status/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Status, as polling front ends know it
         * @description Errors come in this route's own shape; a failed job is answered with 200.
         */
        get: operations["get_status_compat"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Assets
         * @description Assets, newest first.
         */
        get: operations["list_assets"];
        /**
         * Put Asset
         * @description Takes one photo as the raw body. A SHA-256 that is given is verified.
         */
        put: operations["put_asset"];
        /**
         * Upload Asset
         * @description Takes one photo as a form. Answered when its bytes are safe on the disk.
         */
        post: operations["upload_asset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assets/{asset_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Asset
         * @description What is known of one asset.
         */
        get: operations["get_asset"];
        put?: never;
        post?: never;
        /**
         * Delete Asset
         * @description Deletes an asset that no unfinished job starts from.
         */
        delete: operations["delete_asset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assets/{asset_id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Asset Content
         * @description The bytes of one asset; they never change. Single ranges are served.
         */
        get: operations["get_asset_content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assets/{asset_id}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Link Asset
         * @description A link that opens the asset for a short while, for whoever has it.
         */
        get: operations["link_asset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/engines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Engines
         * @description Every installed engine and whether it can run on this machine.
         */
        get: operations["list_engines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs
         * @description Jobs, newest first.
         */
        get: operations["list_jobs"];
        put?: never;
        /**
         * Create Job
         * @description Accepts a job. Once this is answered, the job is stored and will be worked on whatever dies.
         */
        post: operations["create_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job
         * @description How a job stands.
         */
        get: operations["get_job"];
        put?: never;
        post?: never;
        /**
         * Delete Job
         * @description Deletes a job that has ended.
         */
        delete: operations["delete_job"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Job
         * @description Stops a job. A canceled one stays as it is.
         */
        post: operations["cancel_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of a job as they happen */
        get: operations["stream_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Logs
         * @description What the stages had to say.
         */
        get: operations["list_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume Job
         * @description Lets a waiting job go on.
         */
        post: operations["resume_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry Job
         * @description Starts a failed or canceled job's next attempt; what was finished is used again.
         */
        post: operations["retry_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tasks
         * @description Every try of every stage.
         */
        get: operations["list_tasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Limits
         * @description What a request may ask for.
         */
        get: operations["get_limits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Pipelines
         * @description Every pipeline in full, those that cannot run here yet included (`offered`).
         */
        get: operations["list_pipelines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Pipeline
         * @description One pipeline: its stages with labels and limits, and its settings.
         */
        get: operations["get_pipeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Projects
         * @description Projects, newest first.
         */
        get: operations["list_projects"];
        put?: never;
        /**
         * Create Project
         * @description Makes a project.
         */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Project
         * @description One project.
         */
        get: operations["get_project"];
        put?: never;
        post?: never;
        /**
         * Delete Project
         * @description Deletes a project. Its photos and jobs stay.
         */
        delete: operations["delete_project"];
        options?: never;
        head?: never;
        /**
         * Change Project
         * @description Sets the given fields; the others stay.
         */
        patch: operations["change_project"];
        trace?: never;
    };
    "/api/v1/results/{result_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Result
         * @description The result with its assets and its report.
         */
        get: operations["get_result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download Result
         * @description One file of the result, or all of them as a zip.
         */
        get: operations["download_result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report
         * @description Each rule with its measured value.
         */
        get: operations["get_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statuses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Statuses
         * @description The state machine of a job, with what to call its states.
         */
        get: operations["get_statuses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/{asset_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get File
         * @description The bytes behind a signed link. The signature is checked before the id is looked at.
         */
        get: operations["get_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Health
         * @description The process answers.
         */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Readiness
         * @description Whether the database can be reached, the job engine runs and the disk has space.
         */
        get: operations["get_readiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AssetOut
         * @description One stored file. `url` is stable.
         */
        AssetOut: {
            /** Bytes */
            bytes: number;
            /** Created At */
            created_at: string;
            /** Derived From */
            derived_from: string[];
            /** Engine */
            engine: string | null;
            /** Height */
            height: number | null;
            /** Id */
            id: string;
            /** Is Test */
            is_test: boolean;
            /** Media Type */
            media_type: string;
            /** Name */
            name: string;
            /** Produced By */
            produced_by: string | null;
            /** Project Id */
            project_id: string | null;
            quality: components["schemas"]["QualityOut"] | null;
            role: components["schemas"]["Role"];
            /** Sha256 */
            sha256: string;
            /** Stats */
            stats: {
                [key: string]: unknown;
            };
            /** Url */
            url: string;
            view: components["schemas"]["View"] | null;
            /** Width */
            width: number | null;
        };
        /**
         * AssetPage
         * @description Some assets, newest first.
         */
        AssetPage: {
            /** Items */
            items: components["schemas"]["AssetOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * Capability
         * @description What an engine can do; an agent noun each.
         * @enum {string}
         */
        Capability: "cutter" | "mesher";
        /**
         * ChoiceOut
         * @description A setting with a fixed set of values.
         */
        ChoiceOut: {
            /** Default */
            default: string;
            /** Title */
            title: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "choice";
            /** Values */
            values: string[];
        };
        /**
         * CreatedJobOut
         * @description A job that was just accepted. The token opens its status; it is shown this once.
         */
        CreatedJobOut: {
            /** Attempt */
            attempt: number;
            /** Batch Id */
            batch_id: string | null;
            /** Budget Usd */
            budget_usd: number | null;
            /** Cost Usd */
            cost_usd: number;
            /** Created At */
            created_at: string;
            /** Deadline S */
            deadline_s: number;
            /** Elapsed Ms */
            elapsed_ms: number;
            /** Ended At */
            ended_at: string | null;
            error: components["schemas"]["ErrorOut"] | null;
            /** Estimate Usd */
            estimate_usd: number | null;
            /** Eta */
            eta: string | null;
            failed_stage: components["schemas"]["Stage"] | null;
            /**
             * Generation Status
             * @enum {string}
             */
            generation_status: "pending" | "uploaded" | "upload_failed" | "bgr_removed" | "bgr_removal_failed" | "job_created" | "job_creation_failed" | "model_generated" | "model_generation_failed" | "model_saved" | "model_saving_failed";
            /** Hold After */
            hold_after: components["schemas"]["Stage"][];
            /** Id */
            id: string;
            /** Inputs */
            inputs: components["schemas"]["InputOut"][];
            /** Is Test */
            is_test: boolean;
            /**
             * Model Status
             * @enum {string}
             */
            model_status: "draft" | "uploading_photos" | "photos_uploaded" | "removing_background" | "generating_3d_model" | "completed" | "failed";
            /** Parent Job Id */
            parent_job_id: string | null;
            /** Pipeline */
            pipeline: string;
            /** Priority */
            priority: number;
            /** Progress */
            progress: number;
            /** Project Id */
            project_id: string | null;
            /** Queue Position */
            queue_position: number | null;
            /** Result Id */
            result_id: string | null;
            /** Seq */
            seq: number;
            /** Session Token */
            session_token: string;
            /** Settings */
            settings: {
                [key: string]: unknown;
            };
            stage: components["schemas"]["Stage"] | null;
            /** Started At */
            started_at: string | null;
            status: components["schemas"]["Status"];
            /** Ui Stage */
            ui_stage: ("uploaded" | "removing_background" | "processing" | "generating" | "ready" | "failed") | null;
            /** Updated At */
            updated_at: string;
            waiting_for: components["schemas"]["WaitingFor"] | null;
        };
        /**
         * Dimensions
         * @description The object's true size; what is not known is left out.
         */
        Dimensions: {
            /** Depth */
            depth?: number | null;
            /** Height */
            height?: number | null;
            /**
             * Unit
             * @default cm
             * @enum {string}
             */
            unit?: "mm" | "cm" | "m" | "in";
            /** Width */
            width?: number | null;
        };
        /**
         * EngineOut
         * @description A setting that names an engine; left out, one is chosen.
         */
        EngineOut: {
            capability: components["schemas"]["Capability"];
            /** Title */
            title: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "engine";
        };
        /**
         * EnginePage
         * @description Every installed engine.
         */
        EnginePage: {
            /** Items */
            items: components["schemas"]["EngineRecordOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * EngineRecordOut
         * @description An installed engine. One that could not be imported has neither capability nor version.
         */
        EngineRecordOut: {
            capability: components["schemas"]["Capability"] | null;
            /** Commercial Use */
            commercial_use: boolean | null;
            /** Hint */
            hint: string;
            /** Is Test */
            is_test: boolean;
            /** Licence */
            licence: string | null;
            /** Message */
            message: string;
            /** Name */
            name: string;
            /** Needs */
            needs: string | null;
            /** Ready */
            ready: boolean;
            /** Title */
            title: string;
            /** Version */
            version: string | null;
        };
        /**
         * ErrorField
         * @description One part of a request that is not valid.
         */
        ErrorField: {
            /** Field */
            field: string;
            /** Message */
            message: string;
            /** Type */
            type: string;
        };
        /**
         * ErrorOut
         * @description Why a job or a task failed.
         */
        ErrorOut: {
            /** Code */
            code: string;
            /** Hint */
            hint: string;
            /** Message */
            message: string;
            /** Retryable */
            retryable: boolean;
        };
        /**
         * EventOut
         * @description What an event of the stream carries as its data.
         */
        EventOut: {
            /** At */
            at: string;
            /** Data */
            data: {
                [key: string]: unknown;
            };
            /** Job Id */
            job_id: string;
            /** Seq */
            seq: number;
            type: components["schemas"]["EventType"];
        };
        /**
         * EventType
         * @description What happened to a job.
         * @enum {string}
         */
        EventType: "job.created" | "job.accepted" | "stage.started" | "stage.progress" | "stage.finished" | "job.held" | "job.resumed" | "job.requeued" | "job.failed" | "job.canceled" | "job.retried" | "job.completed";
        /**
         * HealthOut
         * @description The process answers.
         */
        HealthOut: {
            /**
             * Status
             * @default ok
             * @constant
             */
            status: "ok";
            /** Version */
            version: string;
        };
        /**
         * InputIn
         * @description A photo to start from. `view` overrides the asset's own; `box` is x, y, width, height in pixels.
         */
        InputIn: {
            /** Asset Id */
            asset_id: string;
            /** Box */
            box?: [
                number,
                number,
                number,
                number
            ] | null;
            view?: components["schemas"]["View"] | null;
        };
        /**
         * InputOut
         * @description One photo that a job starts from.
         */
        InputOut: {
            /** Asset Id */
            asset_id: string;
            /** Box */
            box: [
                number,
                number,
                number,
                number
            ] | null;
            view: components["schemas"]["View"] | null;
        };
        /**
         * JobOut
         * @description One run of a pipeline, also in the words of the older front ends.
         */
        JobOut: {
            /** Attempt */
            attempt: number;
            /** Batch Id */
            batch_id: string | null;
            /** Budget Usd */
            budget_usd: number | null;
            /** Cost Usd */
            cost_usd: number;
            /** Created At */
            created_at: string;
            /** Deadline S */
            deadline_s: number;
            /** Elapsed Ms */
            elapsed_ms: number;
            /** Ended At */
            ended_at: string | null;
            error: components["schemas"]["ErrorOut"] | null;
            /** Estimate Usd */
            estimate_usd: number | null;
            /** Eta */
            eta: string | null;
            failed_stage: components["schemas"]["Stage"] | null;
            /**
             * Generation Status
             * @enum {string}
             */
            generation_status: "pending" | "uploaded" | "upload_failed" | "bgr_removed" | "bgr_removal_failed" | "job_created" | "job_creation_failed" | "model_generated" | "model_generation_failed" | "model_saved" | "model_saving_failed";
            /** Hold After */
            hold_after: components["schemas"]["Stage"][];
            /** Id */
            id: string;
            /** Inputs */
            inputs: components["schemas"]["InputOut"][];
            /** Is Test */
            is_test: boolean;
            /**
             * Model Status
             * @enum {string}
             */
            model_status: "draft" | "uploading_photos" | "photos_uploaded" | "removing_background" | "generating_3d_model" | "completed" | "failed";
            /** Parent Job Id */
            parent_job_id: string | null;
            /** Pipeline */
            pipeline: string;
            /** Priority */
            priority: number;
            /** Progress */
            progress: number;
            /** Project Id */
            project_id: string | null;
            /** Queue Position */
            queue_position: number | null;
            /** Result Id */
            result_id: string | null;
            /** Seq */
            seq: number;
            /** Settings */
            settings: {
                [key: string]: unknown;
            };
            stage: components["schemas"]["Stage"] | null;
            /** Started At */
            started_at: string | null;
            status: components["schemas"]["Status"];
            /** Ui Stage */
            ui_stage: ("uploaded" | "removing_background" | "processing" | "generating" | "ready" | "failed") | null;
            /** Updated At */
            updated_at: string;
            waiting_for: components["schemas"]["WaitingFor"] | null;
        };
        /**
         * JobPage
         * @description Some jobs, newest first.
         */
        JobPage: {
            /** Items */
            items: components["schemas"]["JobOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * LimitsOut
         * @description What a request may ask for. Bytes, pixels, seconds.
         */
        LimitsOut: {
            /** Body Bytes */
            body_bytes: number;
            /** Deadline S */
            deadline_s: number;
            /** Link Seconds */
            link_seconds: number;
            /** Photo Bytes */
            photo_bytes: number;
            /** Photo Pixels */
            photo_pixels: number;
            /** Photo Side */
            photo_side: number;
            /** Photos Per Job */
            photos_per_job: {
                [key: string]: number;
            };
            /** Queued Jobs */
            queued_jobs: number;
            /** Upload Seconds */
            upload_seconds: number;
        };
        /**
         * LinkOut
         * @description A link that opens one asset for a short while, for whoever has it.
         */
        LinkOut: {
            /** Expires At */
            expires_at: string;
            /** Url */
            url: string;
        };
        /**
         * LogLineOut
         * @description One line of a job's log. `detail` may hold a traceback.
         */
        LogLineOut: {
            /** At */
            at: string;
            /** Detail */
            detail: string;
            /** Level */
            level: string;
            /** Message */
            message: string;
            stage: components["schemas"]["Stage"] | null;
        };
        /**
         * LogPage
         * @description A job's log.
         */
        LogPage: {
            /** Items */
            items: components["schemas"]["LogLineOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * NewJobIn
         * @description What to make of which photos. `hold_after` names stages after which the job waits to be resumed.
         */
        NewJobIn: {
            /** Budget Usd */
            budget_usd?: number | null;
            /**
             * Deadline S
             * @default 3600
             */
            deadline_s?: number;
            /**
             * Hold After
             * @default []
             */
            hold_after?: components["schemas"]["Stage"][];
            /**
             * Inputs
             * @default []
             */
            inputs?: components["schemas"]["InputIn"][];
            /** Parent Job Id */
            parent_job_id?: string | null;
            /** Pipeline */
            pipeline: string;
            /**
             * Priority
             * @default 0
             */
            priority?: number;
            /** Project Id */
            project_id?: string | null;
            /**
             * Settings
             * @default {}
             */
            settings?: {
                [key: string]: unknown;
            };
        };
        /**
         * NewProject
         * @description What a project is made of.
         */
        NewProject: {
            dimensions?: components["schemas"]["Dimensions"] | null;
            /** Expires At */
            expires_at?: string | null;
            /** @default generic */
            kind?: components["schemas"]["ProjectKind"];
            /** Name */
            name: string;
            /** Room Type */
            room_type?: string | null;
            /** Sku */
            sku?: string | null;
            /**
             * Tags
             * @default []
             */
            tags?: string[];
        };
        /**
         * PipelineOut
         * @description One pipeline in full. `offered` says whether this server can run it.
         */
        PipelineOut: {
            /** Max Photos */
            max_photos: number;
            /** Name */
            name: string;
            /** Offered */
            offered: boolean;
            /** Result */
            result: string;
            /** Settings */
            settings: {
                [key: string]: components["schemas"]["ChoiceOut"] | components["schemas"]["EngineOut"];
            };
            /** Stages */
            stages: components["schemas"]["StageOut"][];
            /** Status Map */
            status_map: {
                [key: string]: {
                    [key: string]: string;
                };
            } | null;
            /** Title */
            title: string;
            /** Ui Steps */
            ui_steps: components["schemas"]["UiStepOut"][] | null;
            /** Views */
            views: components["schemas"]["View"][];
        };
        /**
         * PipelinePage
         * @description Every pipeline.
         */
        PipelinePage: {
            /** Items */
            items: components["schemas"]["PipelineOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * Problem
         * @description An error (RFC 9457). `code` is stable, `hint` says what to do next.
         */
        Problem: {
            /** Code */
            code: string;
            /** Detail */
            detail: string;
            /**
             * Errors
             * @default null
             */
            errors: components["schemas"]["ErrorField"][] | null;
            /** Hint */
            hint: string;
            /**
             * Instance
             * @default null
             */
            instance: string | null;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /** Type */
            type: string;
        };
        /**
         * ProjectChanges
         * @description The fields to set; those left out stay as they are.
         */
        ProjectChanges: {
            dimensions?: components["schemas"]["Dimensions"] | null;
            /** Expires At */
            expires_at?: string | null;
            /** @default generic */
            kind?: components["schemas"]["ProjectKind"];
            /**
             * Name
             * @default
             */
            name?: string;
            /** Room Type */
            room_type?: string | null;
            /** Sku */
            sku?: string | null;
            /**
             * Tags
             * @default []
             */
            tags?: string[];
        };
        /**
         * ProjectKind
         * @description What a project is about.
         * @enum {string}
         */
        ProjectKind: "product" | "room" | "portrait" | "generic";
        /**
         * ProjectOut
         * @description A named collection of photos and jobs.
         */
        ProjectOut: {
            /** Created At */
            created_at: string;
            dimensions: components["schemas"]["Dimensions"] | null;
            /** Expires At */
            expires_at: string | null;
            /** Id */
            id: string;
            kind: components["schemas"]["ProjectKind"];
            /** Name */
            name: string;
            /** Room Type */
            room_type: string | null;
            /** Sku */
            sku: string | null;
            /** Tags */
            tags: string[];
            /** Updated At */
            updated_at: string;
        };
        /**
         * ProjectPage
         * @description Some projects, newest first.
         */
        ProjectPage: {
            /** Items */
            items: components["schemas"]["ProjectOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * QualityOut
         * @description How good an asset is, from 0 to 1, and what is wrong with it.
         */
        QualityOut: {
            /** Flags */
            flags: string[];
            /** Score */
            score: number;
        };
        /**
         * ReadyOut
         * @description Whether the server can do its work.
         */
        ReadyOut: {
            /** Message */
            message: string;
            /** Ready */
            ready: boolean;
        };
        /**
         * ResultOut
         * @description What a job delivers. `assets` are grouped by name: `lod0`, `lod1`, `lod2`, `thumbnail`, `cutout`, `mask`.
         */
        ResultOut: {
            /** Assets */
            assets: {
                [key: string]: components["schemas"]["AssetOut"][];
            };
            /** Created At */
            created_at: string;
            /** Id */
            id: string;
            /** Is Test */
            is_test: boolean;
            /** Job Id */
            job_id: string;
            /** Kind */
            kind: string;
            /** Report */
            report: {
                [key: string]: unknown;
            };
        };
        /**
         * RetryIn
         * @description Where to start again; without it, at the stage that failed.
         */
        RetryIn: {
            from_stage?: components["schemas"]["Stage"] | null;
        };
        /**
         * Role
         * @description What an asset is for.
         * @enum {string}
         */
        Role: "original" | "working" | "cutout" | "mask" | "model" | "lod" | "texture" | "usdz" | "thumbnail" | "preview" | "edit" | "audio" | "report" | "archive";
        /**
         * Stage
         * @description The stages in their one order. Each pipeline walks a subsequence.
         * @enum {string}
         */
        Stage: "uploading" | "validating" | "transcribing" | "selecting" | "removing_background" | "approving" | "analyzing" | "planning" | "retrieving" | "submitting" | "generating" | "storing" | "optimizing" | "watermarking" | "complete";
        /**
         * StageOut
         * @description One stage, what it is called, and the percent that a job shows when it starts and ends.
         *
         *     `timeout_s` is null for a stage that this version cannot run.
         */
        StageOut: {
            /** End */
            end: number;
            /** Icon */
            icon: string;
            /** Label */
            label: string;
            stage: components["schemas"]["Stage"];
            /** Start */
            start: number;
            /** Timeout S */
            timeout_s: number | null;
        };
        /**
         * Status
         * @description What a job is doing.
         * @enum {string}
         */
        Status: "draft" | "pending" | "processing" | "waiting" | "completed" | "failed" | "canceled";
        /**
         * StatusBody
         * @description How a job stands, as the polling front end knows it. `errorMessage` is there for failed jobs only.
         */
        StatusBody: {
            /** Attempt */
            attempt: number;
            /** Costusd */
            costUsd: number;
            /**
             * Errormessage
             * @default null
             */
            errorMessage: string | null;
            failedStage: components["schemas"]["Stage"] | null;
            /**
             * Generationstatus
             * @enum {string}
             */
            generationStatus: "pending" | "uploaded" | "upload_failed" | "bgr_removed" | "bgr_removal_failed" | "job_created" | "job_creation_failed" | "model_generated" | "model_generation_failed" | "model_saved" | "model_saving_failed";
            /**
             * Modelstatus
             * @enum {string}
             */
            modelStatus: "draft" | "uploading_photos" | "photos_uploaded" | "removing_background" | "generating_3d_model" | "completed" | "failed";
            /** Progress */
            progress: number;
            /** Queueposition */
            queuePosition: number | null;
            /** Resultid */
            resultId: string | null;
            /** Stage */
            stage: ("validating" | "generating" | "storing" | "watermarking" | "complete" | "failed") | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "failed";
            /**
             * Success
             * @constant
             */
            success: true;
            /** Updatedat */
            updatedAt: string;
        };
        /**
         * StatusError
         * @description What went wrong, by its code.
         */
        StatusError: {
            /** Code */
            code: string;
        };
        /**
         * StatusFailure
         * @description An error in the older shape.
         */
        StatusFailure: {
            error: components["schemas"]["StatusError"];
            /**
             * Success
             * @constant
             */
            success: false;
        };
        /**
         * StatusOut
         * @description A status, what it is called, and which statuses may follow.
         */
        StatusOut: {
            /** Icon */
            icon: string;
            /** Label */
            label: string;
            /** Moves */
            moves: components["schemas"]["Status"][];
            status: components["schemas"]["Status"];
        };
        /**
         * StatusesOut
         * @description The state machine of a job.
         */
        StatusesOut: {
            /** Statuses */
            statuses: components["schemas"]["StatusOut"][];
            /** Waiting For */
            waiting_for: components["schemas"]["WaitingFor"][];
        };
        /**
         * TaskOut
         * @description One try of one stage. `saved_ms` is what reusing an earlier output saved.
         */
        TaskOut: {
            /** Attempt */
            attempt: number;
            /** Cache Key */
            cache_key: string;
            /** Cost Usd */
            cost_usd: number;
            /** Cpu Ms */
            cpu_ms: number;
            /** Duration Ms */
            duration_ms: number;
            /** Ended At */
            ended_at: string | null;
            /** Engine */
            engine: string | null;
            /** Engine Version */
            engine_version: string | null;
            error: components["schemas"]["ErrorOut"] | null;
            /** Id */
            id: string;
            /** Input Assets */
            input_assets: string[];
            /** Number */
            number: number;
            /** Output Assets */
            output_assets: string[];
            /** Peak Bytes */
            peak_bytes: number;
            /** Reused */
            reused: boolean;
            /** Saved Ms */
            saved_ms: number;
            stage: components["schemas"]["Stage"];
            /** Started At */
            started_at: string;
            status: components["schemas"]["TaskStatus"];
        };
        /**
         * TaskPage
         * @description All tasks of a job, in the order in which they started.
         */
        TaskPage: {
            /** Items */
            items: components["schemas"]["TaskOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * TaskStatus
         * @description How one attempt at one stage stands.
         * @enum {string}
         */
        TaskStatus: "running" | "finished" | "failed" | "canceled" | "lost";
        /**
         * UiStepOut
         * @description One step that the photo front end draws.
         */
        UiStepOut: {
            /** Icon */
            icon: string;
            /**
             * Key
             * @enum {string}
             */
            key: "uploaded" | "removing_background" | "processing" | "generating" | "ready" | "failed";
            /** Label */
            label: string;
        };
        /**
         * View
         * @description Which side of an object a photo shows.
         *
         *     Sides are the object's own: ``left`` is what stands on its left hand, so the camera looks from +X (glTF axes:
         *     +Y up, front towards +Z) and the subject faces image-left.
         * @enum {string}
         */
        View: "front" | "left" | "right" | "back" | "top" | "bottom" | "detail" | "other";
        /**
         * WaitingFor
         * @description Why a job is ``waiting``.
         * @enum {string}
         */
        WaitingFor: "approval" | "input" | "budget" | "quota" | "uncertain";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_status_compat: {
        parameters: {
            query?: never;
            header: {
                "X-Session-Token": string;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How the job stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusBody"];
                };
            };
            /** @description There is no valid token (`UNAUTHORIZED`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusFailure"];
                };
            };
            /** @description The token opens no such job (`NOT_FOUND`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusFailure"];
                };
            };
        };
    };
    list_assets: {
        parameters: {
            query?: {
                project_id?: string | null;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetPage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_asset: {
        parameters: {
            query?: {
                name?: string;
                view?: components["schemas"]["View"] | null;
                project_id?: string | null;
            };
            header?: {
                /** @description RFC 9530: sha-256=:base64: */
                "content-digest"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
                "image/*": string;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The upload took too long (`upload_timeout`) */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not say how long it is (`length_required`) */
            411: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The picture has too many pixels (`image_too_large`); The file is too large (`file_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is not a picture that we can read (`not_an_image`); HEIC needs an extra (`heic_missing`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is empty (`empty_file`); The picture ends too early (`image_truncated`); The picture cannot be decoded (`image_damaged`); The picture is too small (`image_too_small`); The bytes do not have the given digest (`digest_mismatch`); The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is not ready (`not_ready`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_asset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** Format: binary */
                    file: string;
                    project_id?: string;
                    view?: components["schemas"]["View"];
                };
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The upload took too long (`upload_timeout`) */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The picture has too many pixels (`image_too_large`); The file is too large (`file_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is not a picture that we can read (`not_an_image`); HEIC needs an extra (`heic_missing`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is empty (`empty_file`); The picture ends too early (`image_truncated`); The picture cannot be decoded (`image_damaged`); The picture is too small (`image_too_small`); The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is not ready (`not_ready`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something still refers to it (`in_use`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_asset_content: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The asked range of the bytes */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The caller has these bytes already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file has no such range (`range_not_satisfiable`) */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A stored file is gone (`data_missing`); Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    link_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_engines: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnginePage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_jobs: {
        parameters: {
            query?: {
                /** @description Only these; may be repeated */
                status?: components["schemas"]["Status"][] | null;
                project_id?: string | null;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating the request safe */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewJobIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedJobOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is too large (`file_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such pipeline (`unknown_pipeline`); No such engine (`unknown_engine`); No such setting (`unknown_setting`); A setting has a value that it cannot have (`invalid_setting`); The pipeline has no such stage (`unknown_stage`); There is no photo (`no_photo`); Too many photos (`too_many_photos`); A photo does not say which side it shows (`view_missing`); Two photos claim the same view (`duplicate_view`); The Idempotency-Key was used for another request (`idempotency_mismatch`); The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many jobs are waiting (`queue_full`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The pipeline cannot run here (`pipeline_unavailable`); The engine cannot run on this machine (`engine_unavailable`); The server is not ready (`not_ready`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something still refers to it (`in_use`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job has completed (`job_finished`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream_events: {
        parameters: {
            query?: {
                since?: number;
            };
            header?: {
                "Last-Event-ID"?: number;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream; the data of each event is an `EventOut`, `event: ping` comes every 15 s */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The job has ended and the caller has all its events */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_logs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job cannot do that in its present state (`illegal_move`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryIn"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job cannot do that in its present state (`illegal_move`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The pipeline has no such stage (`unknown_stage`); The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tasks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskPage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LimitsOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_pipelines: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelinePage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_pipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelineOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_projects: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectPage"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is not ready (`not_ready`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full (`storage_full`) */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_result: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResultOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_result: {
        parameters: {
            query?: {
                /** @description `glb`, `lod0` to `lod2`, `thumbnail`…, or `zip` for all */
                as?: string;
            };
            header?: never;
            path: {
                result_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The file */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The caller has these bytes already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file has no such range (`range_not_satisfiable`) */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A stored file is gone (`data_missing`); Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_statuses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusesOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_file: {
        parameters: {
            query?: {
                expires?: string;
                signature?: string;
            };
            header?: never;
            path: {
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The bytes */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The caller has these bytes already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The link is not valid or has expired (`link_invalid`); This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file has no such range (`range_not_satisfiable`) */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A stored file is gone (`data_missing`); Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_readiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadyOut"];
                };
            };
            /** @description This is not allowed (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server does not answer to this host name (`host_refused`) */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is not valid (`invalid_request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside Maquette (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is not ready (`not_ready`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
